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

from people.models import OrganizationUnit, Person, User, user_of
from people.pages.changes import offered_changes
from people.pages.states import state_of
from people.reach import reach_of
from people.services.people import record_view
from people.throttle import is_locked
from people.timeline import Seen, timeline_of
from records.models import AuditEvent

_REPORTS, _VIEWS = 12, 50


@login_required
@require_GET
def person(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = user_of(request)
    shown = get_object_or_404(_whole().visible_to(user), pk=pk)
    record_view(shown, by=user)
    return _page(request, user, shown)


@login_required
@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """One's own record, and who has viewed it."""
    user = user_of(request)
    shown = _whole().filter(user=user).first()
    if shown is None:
        raise Http404
    return _page(request, user, shown)


def _whole() -> Any:
    return Person.objects.select_related(
        "user", "unit__affiliate", "affiliate", "manager", "job_role", "manager__user"
    )


def _page(request: HttpRequest, user: User, shown: Person) -> HttpResponse:
    is_own = shown.user_id == user.pk
    reach = reach_of(user)
    administers = reach.is_group_admin or shown.affiliate_id in reach.affiliates
    can_edit = administers and Person.objects.editable_by(user).filter(pk=shown.pk).exists()
    seen = Seen(can_edit=can_edit, reads_private=is_own or administers)
    context = {
        "shown": shown,
        "is_own": is_own,
        "can_edit": can_edit,
        "administers": administers,
        "reach": reach,
        "state": state_of(shown),
        "path": _path(shown),
        "pairs": _pairs(shown),
        "entries": timeline_of(shown, seen),
        "held_roles": shown.roles.select_related("unit").order_by("kind"),
        "changes": offered_changes(shown, to=user) if can_edit else [],
        "can_have_code": can_edit and shown.user.is_active and not is_own,
        "is_locked": can_edit and is_locked(shown.user.username),
        "views": _views(shown) if is_own else [],
        **_reports(shown),
    }
    return render(request, "people/person.html", context)


def _path(shown: Person) -> list[str]:
    """Names from the affiliate down to the unit."""
    home = shown.home_unit
    if home is None:
        return []
    units = OrganizationUnit.objects.filter(pk__in=home.path).order_by("path")
    names = [str(unit) for unit in units]
    return names[1:] or names


def _pairs(shown: Person) -> list[tuple[str, Any]]:
    numbers = [f"{row.number} ({row.affiliate})" for row in shown.numbers.select_related("affiliate")]
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


def _views(shown: Person) -> list[AuditEvent]:
    views = AuditEvent.objects.filter(subject_id=shown.user_id, action="person.view")
    return list(views.select_related("actor__person").order_by("-at")[:_VIEWS])
