"""What a field that finds somebody or something suggests while one types."""

from __future__ import annotations

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
    found = choosing.people_like(people, text) if text else []
    offers = [(choosing.person_label(person), person.unit) for person in found]
    return render(request, "people/_suggestions.html", {"offers": offers})


@login_required
@require_GET
def suggest_unit(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    admin_reach(user)
    text = _typed(request)
    found = choosing.units_like(OrganizationUnit.objects.editable_by(user), text) if text else []
    offers = [(choosing.unit_label(unit), unit.get_kind_display()) for unit in found]
    return render(request, "people/_suggestions.html", {"offers": offers})


def _typed(request: HttpRequest) -> str:
    """The value of the field that asks; it names itself."""
    return request.GET.get(request.GET.get("field", ""), "").strip()[:300]
