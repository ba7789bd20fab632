"""What a field that finds somebody or something suggests while one types."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from people import choosing
from people.models import OrganizationUnit, Person, user_of
from people.reach import admin_reach


@login_required
@require_GET
def suggest_person(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    admin_reach(user)
    people = Person.objects.choosable_as_manager_by(user)
    text = _typed(request)
    found = choosing.people_like(people, text) if text else choosing.Found[Person]((), has_more=False)
    offers = [(choosing.person_label(person), person.unit) for person in found.rows]
    return _suggested(request, offers, has_more=found.has_more)


@login_required
@require_GET
def suggest_unit(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    admin_reach(user)
    text = _typed(request)
    units = OrganizationUnit.objects.editable_by(user)
    found = choosing.units_like(units, text) if text else choosing.Found[OrganizationUnit]((), has_more=False)
    offers = [(choosing.unit_label(unit), unit.get_kind_display()) for unit in found.rows]
    return _suggested(request, offers, has_more=found.has_more)


def _suggested(request: HttpRequest, offers: list[tuple[str, Any]], *, has_more: bool) -> HttpResponse:
    context = {"offers": offers, "has_more": has_more, "at": request.GET.get("at", "")[:100]}
    return render(request, "people/_suggestions.html", context)


def _typed(request: HttpRequest) -> str:
    """The value of the field that asks; it names itself."""
    return request.GET.get(request.GET.get("field", ""), "").strip()[:300]
