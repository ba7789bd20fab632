"""What an admin changes about a person: each change is a page with a form, listed here."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from people.models import Employment, Person, User, user_of
from people.pages.asking import Ask, ask, attempt
from people.person_forms import people as forms
from people.person_forms import work
from people.person_forms.base import ServiceForm
from people.services import employments, roles
from people.services import people as services

Status = Person.Status
_ANY_STATUS = tuple(Status)


@dataclass(frozen=True)
class Change:
    """`save` returns the address that takes it back, or "". `at` says in which status it is offered.

    `effect` is a sentence about what else follows; of a form that was saved, what follows from it.
    """

    title: Any
    submit: Any
    done: Any
    icon: str
    form: Callable[[Person, User, Any], ServiceForm]
    save: Callable[[Person, Any, User], str]
    text: Any = ""
    effect: Callable[[Person, Any], str] = lambda _person, _form: ""
    tone: str = ""
    at: tuple[Status, ...] = _ANY_STATUS
    for_partners: bool = False


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: uuid.UUID, name: str) -> HttpResponse:
    user = user_of(request)
    people = Person.objects.editable_by(user).select_related("user", "unit", "affiliate")
    person = get_object_or_404(people, pk=pk)
    about = CHANGES[name]
    form = about.form(person, user, request.POST if request.method == "POST" else None)
    back = reverse("people:person", args=[pk])
    effect = about.effect(person, form)
    if request.method == "POST":
        undo = attempt(form, lambda: about.save(person, form, user))
        if undo is not None:
            said = f"{about.done % {'person': person}} {effect}".strip()
            messages.success(request, said, extra_tags=undo)
            return redirect(back)
    page = Ask(
        title=str(about.title),
        submit=str(about.submit),
        cancel_url=back,
        up=[(str(_("People")), reverse("people:people")), (str(person), back)],
        text=f"{about.text} {effect}".strip(),
        tone=about.tone,
        keep=f"{name}-{pk}",
    )
    return ask(request, form, page)


def offered_changes(person: Person, *, to: User) -> list[dict[str, Any]]:
    """What makes sense for the person as they stand today, in order."""
    status = Status(person.status)
    not_of_oneself = {"suspend", "give-role"} if person.user_id == to.pk else set()
    is_partner = person.kind == Person.Kind.PARTNER
    return [
        {
            "name": name,
            "label": about.title,
            "icon": about.icon,
            "url": reverse(f"people:{name}", args=[person.pk]),
        }
        for name, about in CHANGES.items()
        if status in about.at and (about.for_partners or not is_partner)
        if name not in not_of_oneself and not (name == "suspend" and person.suspended_at)
    ]


def _current(person: Person) -> Employment | None:
    """The primary employment of today, or the one planned next: what a transfer starts from."""
    rows = person.employments.filter(primary=True).select_related("unit", "manager__user")
    today = person.home_unit.today() if person.home_unit else None
    return (rows.active_on(today).first() if today else None) or rows.order_by("starts_on").last()


def _edit(person: Person, form: Any, user: User) -> str:
    services.update_person(person, name=form.texts("name"), email=form.cleaned_data["email"], by=user)
    return ""


def _hire(person: Person, form: Any, user: User) -> str:
    employment = employments.hire(person, **form.job(), by=user)
    return _cancel_url(employment)


def _second(person: Person, form: Any, user: User) -> str:
    employment = employments.hire(person, **form.job(), primary=False, by=user)
    return _cancel_url(employment)


def _transfer(person: Person, form: Any, user: User) -> str:
    return _cancel_url(employments.transfer(person, **form.job(), by=user))


def _role_that_ends(person: Person, form: Any) -> str:
    """Of a move to another affiliate: said before, and again about the move that was saved."""
    role = roles.role_of_affiliate(person, person.affiliate_id)
    if role is None:
        return ""
    if not (form.is_bound and form.is_valid()):
        return gettext("A move to another affiliate ends the role “%(role)s”.") % {"role": role}
    if form.cleaned_data["unit"].affiliate_id == person.affiliate_id:
        return ""
    return gettext("The role “%(role)s” ends on the first day there.") % {"role": role}


def _cancel_url(employment: Employment) -> str:
    """A change ahead can be taken back; one that has begun is changed by the next one."""
    if employment.starts_on <= employment.unit.today():
        return ""
    return reverse("people:cancel-employment", args=[employment.pk])


def _leave(person: Person, form: Any, user: User) -> str:
    data = form.cleaned_data
    leave = employments.start_leave(person, kind=data["kind"], on=data["on"], until=data["until"], by=user)
    home = person.home_unit
    is_ahead = home is not None and leave.starts_on > home.today()
    return reverse("people:cancel-leave", args=[leave.pk]) if is_ahead else ""


def _return(person: Person, form: Any, user: User) -> str:
    employments.return_from_leave(person, on=form.cleaned_data["on"], by=user)
    return ""


def _leaving(person: Person, form: Any, user: User) -> str:
    employments.leave_company(person, on=form.cleaned_data["on"], by=user)
    home = person.home_unit
    is_ahead = home is not None and form.cleaned_data["on"] >= home.today()
    return reverse("people:cancel-leaving", args=[person.pk]) if is_ahead else ""


def _suspend(person: Person, form: Any, user: User) -> str:
    services.suspend(person, reason=form.cleaned_data["reason"], by=user)
    return reverse("people:reinstate", args=[person.pk])


def _give_role(person: Person, form: Any, user: User) -> str:
    data = form.cleaned_data
    role = roles.give_role(person, kind=data["kind"], unit=data["unit"], by=user)
    return reverse("people:take-role", args=[role.pk])


def _plain(form: type[ServiceForm]) -> Callable[[Person, User, Any], ServiceForm]:
    return lambda _person, _user, data: form(data)


def _job(form: type[work.JobForm], *, filled: bool = False) -> Callable[[Person, User, Any], ServiceForm]:
    return lambda person, user, data: form(data, user=user, current=_current(person) if filled else None)


CHANGES = {
    "transfer": Change(
        _("Transfer, new manager or job"),
        _("Save the transfer"),
        _("Saved the transfer of %(person)s."),
        "arrow-right-left",
        _job(work.TransferForm, filled=True),
        _transfer,
        text=_("The fields show what holds now. Change what is different from the first day on."),
        effect=_role_that_ends,
        at=(Status.ACTIVE, Status.ON_LEAVE),
    ),
    "hire": Change(
        _("Hire"),
        _("Hire"),
        _("Saved the employment of %(person)s."),
        "user-plus",
        _job(work.HireForm),
        _hire,
        text=_("The record so far stays; the account opens on the first day."),
        at=(Status.PLANNED, Status.LEFT),
    ),
    "leave": Change(
        _("Leave of absence"),
        _("Save the leave"),
        _("Saved the leave of %(person)s."),
        "clock",
        _plain(work.LeaveForm),
        _leave,
        text=_("The employment and the account go on; due dates of required training stand still."),
        at=(Status.ACTIVE,),
    ),
    "return": Change(
        _("Return from leave"),
        _("Save the return"),
        _("Saved the return of %(person)s."),
        "user-check",
        _plain(work.ReturnForm),
        _return,
        at=(Status.ON_LEAVE,),
    ),
    "second-job": Change(
        _("Second job"),
        _("Add the second job"),
        _("Saved the second job of %(person)s."),
        "briefcase",
        _job(work.JobForm),
        _second,
        text=_("Beside the main job, which stays as it is."),
        at=(Status.ACTIVE, Status.ON_LEAVE),
    ),
    "give-role": Change(
        _("Give a role"),
        _("Give the role"),
        _("%(person)s has the role now."),
        "shield-check",
        lambda person, user, data: forms.GiveRoleForm(data, user=user, person=person),
        _give_role,
        text=_("Whoever holds a role needs a second factor to log in."),
        at=(Status.ACTIVE, Status.ON_LEAVE),
    ),
    "edit": Change(
        _("Edit name and e-mail"),
        _("Save"),
        _("Saved the changes to %(person)s."),
        "pencil-line",
        lambda person, _user, data: forms.EditPersonForm(data, person=person),
        _edit,
        for_partners=True,
    ),
    "leaving": Change(
        _("Leaving the company"),
        _("Save the leaving"),
        _("Saved the leaving of %(person)s."),
        "log-out",
        _plain(work.LastDayForm),
        _leaving,
        text=_("What is planned after the last day is cancelled, and roles end. The record stays."),
        tone="danger",
        at=(Status.ACTIVE, Status.ON_LEAVE),
    ),
    "suspend": Change(
        _("Deactivate the account"),
        _("Deactivate"),
        _("%(person)s cannot log in any more; open sessions have ended."),
        "ban",
        _plain(forms.SuspendForm),
        _suspend,
        text=_("Sessions end at once and stay closed until an admin opens the account again."),
        tone="danger",
        for_partners=True,
    ),
}
