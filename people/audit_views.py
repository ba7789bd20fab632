"""The audit log: who did what to whom, by object, by actor, by person, by action and by day."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from people.audit.reach import Reach
from people.audit.registry import object_types
from people.audit.rows import PEOPLE, event_rows
from people.audit_forms import AuditFilterForm
from people.models import user_of
from people.services.reading import record_reading
from records.paging import page_of

SIZE = 50


@login_required
@require_GET
@never_cache
def audit_log(request: HttpRequest) -> HttpResponse:
    """For group admins all of it, for training admins what is about people and units of their affiliate."""
    reach = Reach(user_of(request))
    if not reach:
        raise PermissionDenied
    form = AuditFilterForm(reach, request.GET)
    events = form.narrowed(reach.events()).select_related(*PEOPLE)
    page = page_of(events, order=("-at", "-id"), size=SIZE, cursor=request.GET.get("cursor"))
    chosen = form.chosen()
    if form.is_valid():
        _note(request, form, chosen)
    context = {
        "events": event_rows(page.rows, may_open=reach.includes),
        "form": form,
        "is_whole": reach.is_whole,
        "tag": _object_tag(form, chosen),
        "is_filtered": bool(chosen),
        "first_url": _with(chosen) if page.previous else None,
        "next_url": _with(chosen | {"cursor": page.next}) if page.next else None,
    }
    return render(request, "people/audit.html", context, status=200 if form.is_valid() else 422)


def _with(parameters: Mapping[str, str]) -> str:
    return f"{reverse('people:audit')}?{urlencode(parameters)}"


def _object_tag(form: AuditFilterForm, chosen: Mapping[str, str]) -> dict[str, Any] | None:
    """The filter that has no field of its own on the page."""
    found = form.cleaned_data.get("object") if form.is_valid() else None
    if not found:
        return None
    known = object_types.get(found[0])
    others = {name: value for name, value in chosen.items() if name != "object"}
    return {"label": known.label if known else found[0], "url": _with(others)}


def _note(request: HttpRequest, form: AuditFilterForm, chosen: Mapping[str, str]) -> None:
    """Once per viewer, day and filter. What the session remembers spares a question, no more."""
    today = timezone.localdate().isoformat()
    digest = hashlib.sha256(json.dumps(dict(chosen), sort_keys=True).encode()).hexdigest()[:16]
    noted = request.session.get("audit_read", [])
    if noted[:1] == [today] and digest in noted:
        return
    record_reading(user_of(request), filters=chosen, about=form.one_about())
    request.session["audit_read"] = [*(noted if noted[:1] == [today] else [today]), digest][:200]
