"""New people: an employee with the first employment, or a partner."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from people.models import Person, User, user_of
from people.names import clean_names
from people.pages.asking import Ask, ask, attempt
from people.person_forms.people import NewEmployeeForm, NewPartnerForm
from people.reach import admin_reach
from people.services.employments import hire_newcomer
from people.services.people import create_person
from records.models import new_id


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_employee(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    admin_reach(user)
    form = NewEmployeeForm(request.POST or None, user=user)

    def create() -> Person:
        data = form.cleaned_data
        names = {"name": form.texts("name"), "email": data["email"], "pk": data["key"]}
        return hire_newcomer(**names, **form.job(), by=user)

    text = _("With the first employment. A first day ahead opens the account by itself on that day.")
    return _answer(request, form, create, title=_("New employee"), text=text)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_partner(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    admin_reach(user)
    form = NewPartnerForm(request.POST or None, user=user)

    def create() -> Person:
        data = form.cleaned_data
        return create_person(
            name=form.texts("name"),
            email=data["email"],
            kind=Person.Kind.PARTNER,
            affiliate=data["affiliate"],
            pk=data["key"],
            by=user,
        )

    text = _("Somebody from a start-up or a university: no employment, and only what is opened to them.")
    return _answer(request, form, create, title=_("New partner"), text=text)


def _answer(request: HttpRequest, form: Any, create: Any, *, title: str, text: str) -> HttpResponse:
    people = reverse("people:people")
    if request.method == "POST":
        try:
            person = attempt(form, _or_known(create, form, user_of(request)))
        except _AlreadyCreated as known:
            messages.info(request, _("%(person)s was created a moment ago.") % {"person": known.person})
            return redirect("people:person", known.person.pk)
        if person is not None:
            messages.success(request, _("%(person)s is created.") % {"person": person})
            return redirect("people:person", person.pk)
    page = Ask(title, title, people, up=[(_("People"), people)], text=text, keep="newcomer")
    return ask(request, form, page)


class _AlreadyCreated(Exception):
    def __init__(self, person: Person) -> None:
        super().__init__(person)
        self.person = person


def _or_known(create: Any, form: Any, user: User) -> Any:
    """A form that comes twice leads to whom it created; with another name in it, it needs a key of its own."""

    def created() -> Person:
        try:
            person: Person = create()
        except ValidationError as error:
            if getattr(error, "code", "") != "sent_twice":
                raise
            known = Person.objects.visible_to(user).filter(pk=form.cleaned_data["key"]).first()
            if known is not None and _is_same(known, form):
                raise _AlreadyCreated(known) from error
            form.data = form.data.copy()
            form.data["key"] = str(new_id())
            raise ValidationError(
                _("This form created %(person)s already. Send it again to create somebody else.")
                % {"person": known or _("somebody")}
            ) from error
        return person

    return created


def _is_same(known: Person, form: Any) -> bool:
    return dict(known.name) == clean_names(form.texts("name"))
