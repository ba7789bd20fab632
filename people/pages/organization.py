"""The organization tree and its units."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from people.languages import language_name
from people.listing import as_rows
from people.models import OrganizationUnit, Person, User, user_of
from people.moving import start_move, takes_long
from people.pages.asking import Ask, ask, attempt
from people.pages.people import person_row
from people.person_forms.organization import EditUnitForm, MoveUnitForm, NewUnitForm
from people.reach import admin_reach
from people.services.units import create_unit, move_unit, update_unit
from people.tree import people_by_unit, tree_of
from records import moments
from records.figures import number
from records.models import LongJob
from records.paging import page_of

Kind = OrganizationUnit.Kind


@login_required
@require_GET
def organization(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    # All of them, said in a way that lets the database count 200,000 people in one go.
    reach = admin_reach(user)
    units = OrganizationUnit.objects
    nodes, is_cut = tree_of(units.all() if reach.is_group_admin else units.editable_by(user))
    group = next((node.unit for node in nodes if node.unit.kind == Kind.GROUP), None)
    return render(request, "people/organization.html", {"nodes": nodes, "is_cut": is_cut, "group": group})


@login_required
@require_GET
def unit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = user_of(request)
    reach = admin_reach(user)
    shown = _unit(request, pk)
    below = OrganizationUnit.objects.under(shown)
    counts = people_by_unit(below)
    above, children = _around(shown, user)
    people = as_rows(Person.objects.administered_by(user).filter(unit=shown))
    page = page_of(people, order=("sort_key", "id"), cursor=request.GET.get("cursor"))
    address = reverse("people:unit", args=[pk])
    context = {
        "unit": shown,
        "up": _up(above),
        "pairs": _pairs(shown, counts[shown.pk]),
        "children": [(child, counts[child.pk]) for child in children],
        "rows": [person_row(person) for person in page.rows],
        "next_url": page.next and f"{address}?cursor={page.next}",
        "first_url": request.GET.get("cursor") and address,
        "can_move": shown.kind == Kind.DEPARTMENT or (reach.is_group_admin and shown.kind != Kind.GROUP),
        "list_url": _list_url(shown),
    }
    return render(request, "people/unit.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_unit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    parent = _unit(request, pk)
    form = NewUnitForm(request.POST or None, parent=parent)

    def create() -> OrganizationUnit:
        data = form.cleaned_data
        places = {name: data[name] for name in ("time_zone", "locale") if name in data}
        names = {"name": form.texts("name"), "code": data["code"]}
        return create_unit(kind=data["kind"], parent=parent, **names, **places, by=user_of(request))

    created = attempt(form, create) if request.method == "POST" else None
    if created is not None:
        messages.success(request, _("%(unit)s is created.") % {"unit": created})
        return redirect("people:unit", created.pk)
    text = _("It will stand below %(unit)s.") % {"unit": parent}
    return _ask(request, form, parent, title=_("New unit"), submit=_("Create the unit"), text=text)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_unit(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    shown = _unit(request, pk)
    form = EditUnitForm(request.POST or None, unit=shown)

    def save() -> OrganizationUnit:
        data = form.cleaned_data
        places = {name: data.get(name, getattr(shown, name)) for name in ("time_zone", "locale")}
        update_unit(shown, name=form.texts("name"), **places, by=user_of(request))
        return shown

    saved = attempt(form, save) if request.method == "POST" else None
    if saved is not None:
        messages.success(request, _("Saved the changes to %(unit)s.") % {"unit": shown})
        return redirect("people:unit", pk)
    return _ask(request, form, shown, title=_("Edit the unit"), submit=_("Save"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    shown = _unit(request, pk)
    form = MoveUnitForm(request.POST or None, user=user_of(request))

    def save() -> OrganizationUnit | LongJob:
        parent, by = form.cleaned_data["parent"], user_of(request)
        if takes_long(shown, parent=parent):
            return start_move(shown, parent=parent, by=by)
        move_unit(shown, parent=parent, by=by)
        return shown

    saved = attempt(form, save) if request.method == "POST" else None
    if isinstance(saved, LongJob):
        return redirect("records:job", saved.pk)
    if saved is not None:
        messages.success(request, _("Moved %(unit)s.") % {"unit": shown})
        return redirect("people:unit", pk)
    text = _(
        "Everything below moves along, and so do the people, today; history stays. "
        "Who comes to another affiliate no longer administers the one before."
    )
    return _ask(request, form, shown, title=_("Move the unit"), submit=_("Move"), text=text)


def _unit(request: HttpRequest, pk: uuid.UUID) -> OrganizationUnit:
    units = OrganizationUnit.objects.editable_by(user_of(request)).select_related("affiliate", "parent")
    return get_object_or_404(units, pk=pk)


def _ask(
    request: HttpRequest, form: Any, shown: OrganizationUnit, *, title: str, submit: str, text: str = ""
) -> HttpResponse:
    back = reverse("people:unit", args=[shown.pk])
    up = [(_("Organization"), reverse("people:organization")), (str(shown), back)]
    return ask(request, form, Ask(title, submit, back, up=up, text=text))


def _around(shown: OrganizationUnit, user: User) -> tuple[list[OrganizationUnit], list[OrganizationUnit]]:
    """The units above that the viewer administers, from the top, and those right below by code."""
    near = OrganizationUnit.objects.editable_by(user).filter(Q(pk__in=shown.path[:-1]) | Q(parent=shown))
    units = list(near.order_by("path"))
    below = [unit for unit in units if unit.parent_id == shown.pk]
    return [unit for unit in units if unit not in below], sorted(below, key=lambda unit: unit.code)


def _up(above: list[OrganizationUnit]) -> list[tuple[str, str]]:
    links = [(str(unit), reverse("people:unit", args=[unit.pk])) for unit in above]
    return [(_("Organization"), reverse("people:organization")), *links]


def _pairs(shown: OrganizationUnit, people: int) -> list[tuple[str, Any]]:
    place = shown.affiliate or shown
    return [
        (_("Kind"), shown.get_kind_display()),
        (_("Code"), shown.code),
        (
            _("People here and below"),
            ngettext("%(number)s person", "%(number)s people", people) % {"number": number(people)},
        ),
        (_("Time zone"), moments.place(place.time_zone)),
        (_("Language"), language_name(place.locale)),
    ]


def _list_url(shown: OrganizationUnit) -> str:
    """The list of people of the unit and all below it."""
    people = reverse("people:people")
    if shown.kind == Kind.GROUP:
        return people
    if shown.kind == Kind.AFFILIATE:
        return f"{people}?affiliate={shown.pk}"
    affiliate = f"affiliate={shown.affiliate_id}&" if shown.affiliate_id else ""
    return f"{people}?{affiliate}unit={shown.pk}"
