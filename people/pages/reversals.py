"""What takes something back, and small deeds that need no form: POST, then back to the person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people.models import Employment, Leave, Person, Role, user_of
from people.services import employments, roles
from people.services import people as services
from people.services.accounts import lift_lock as lift


@login_required
@require_POST
def cancel_employment(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    rows = Employment.objects.editable_by(user_of(request)).select_related("person", "unit")
    row = get_object_or_404(rows, pk=pk)
    said = _("Cancelled what was planned for %(person)s.") % {"person": row.person}
    return _do(request, row.person, lambda: employments.cancel_planned(row, by=user_of(request)), said)


@login_required
@require_POST
def cancel_leave(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(Leave.objects.editable_by(user_of(request)).select_related("person"), pk=pk)
    said = _("Cancelled the leave of %(person)s.") % {"person": row.person}
    return _do(request, row.person, lambda: employments.cancel_leave(row, by=user_of(request)), said)


@login_required
@require_POST
def cancel_leaving(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    person = _person(request, pk)
    said = _("%(person)s stays.") % {"person": person}
    return _do(request, person, lambda: employments.cancel_leaving(person, by=user_of(request)), said)


@login_required
@require_POST
def reinstate(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    person = _person(request, pk)
    said = _("The account of %(person)s is open again, as far as the employment allows it.") % {
        "person": person
    }
    return _do(request, person, lambda: services.reinstate(person, by=user_of(request)), said)


@login_required
@require_POST
def lift_lock(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    person = get_object_or_404(Person.objects.editable_by(user_of(request)).select_related("user"), pk=pk)
    said = _("%(person)s can try again to log in.") % {"person": person}
    return _do(request, person, lambda: lift(person.user, by=user_of(request)), said)


@login_required
@require_POST
def take_role(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    rows = Role.objects.editable_by(user_of(request)).select_related("person__user", "unit")
    role = get_object_or_404(rows, pk=pk)
    said = _("%(person)s does not have the role any more.") % {"person": role.person}
    return _do(request, role.person, lambda: roles.take_role(role, by=user_of(request)), said)


def _person(request: HttpRequest, pk: uuid.UUID) -> Person:
    return get_object_or_404(Person.objects.editable_by(user_of(request)), pk=pk)


def _do(request: HttpRequest, person: Person, service: Callable[[], Any], said: str) -> HttpResponse:
    try:
        service()
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
    else:
        messages.success(request, said)
    return redirect("people:person", person.pk)
