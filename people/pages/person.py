"""One person: where they stand, what happened and what is planned, what an admin can change."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from people.models import Person, User, user_of
from people.pages.changes import offered_changes
from people.pages.states import state_of
from people.reach import reach_of
from people.services.people import record_view
from people.timeline import Seen, events_about, timeline_of
from people.whole import HeldRole, whole
from records.text import TranslatedText

_REPORTS = 12


@login_required
@require_GET
def person(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = user_of(request)
    shown = get_object_or_404(whole(Person.objects.visible_to(user), user), pk=pk)
    if not shown.is_noted:
        record_view(shown, by=user)
    return _page(request, user, shown)


@login_required
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """One's own record, and who has viewed it."""
    user = user_of(request)
    shown = whole(Person.objects.filter(user=user), user).first()
    if shown is None:
        raise Http404
    return _page(request, user, shown)


def _page(request: HttpRequest, user: User, shown: Any) -> HttpResponse:
    is_own = shown.user_id == user.pk
    reach = reach_of(user)
    administers = reach.is_group_admin or shown.affiliate_id in reach.affiliates
    can_edit = administers and shown.is_editable
    seen = Seen(can_edit=can_edit, reads_private=is_own or administers)
    events = events_about(shown, with_views=is_own)
    context = {
        "shown": shown,
        "is_own": is_own,
        "can_edit": can_edit,
        "administers": administers,
        "reach": reach,
        "state": state_of(shown),
        "path": shown.path[1:] or shown.path,
        "pairs": _pairs(shown),
        "entries": timeline_of(shown, seen, events.changes),
        "held_roles": [HeldRole(**role) for role in shown.held_roles],
        "changes": offered_changes(shown, to=user) if can_edit else [],
        "can_have_code": can_edit and shown.user.is_active and not is_own,
        "is_locked": can_edit and shown.is_locked,
        "views": events.views,
        **_reports(shown),
    }
    return render(request, "people/person.html", context)


def _pairs(shown: Any) -> list[tuple[str, Any]]:
    numbers = [f"{row['number']} ({TranslatedText(row['affiliate'])})" for row in shown.numbers_held]
    pairs = [
        (_("Kind"), shown.get_kind_display()),
        (_("E-mail"), shown.user.email),
        (_("Employee number"), ", ".join(numbers)),
        (_("Unit"), shown.unit),
        (_("Job"), shown.job_role),
        (_("Manager"), shown.manager),
    ]
    return [(name, value) for name, value in pairs if value]


def _reports(shown: Person) -> dict[str, Any]:
    reports = Person.objects.filter(manager=shown).select_related("job_role", "unit")
    rows = list(reports.order_by("sort_key", "id")[: _REPORTS + 1])
    return {
        "reports": [(row, reverse("people:person", args=[row.pk])) for row in rows[:_REPORTS]],
        "has_more_reports": len(rows) > _REPORTS,
    }
