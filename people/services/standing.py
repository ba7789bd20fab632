"""What somebody's employments and leaves say today, kept on the person: written here alone."""

from __future__ import annotations

import datetime
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from people.models import Employment, Leave, OrganizationUnit, Person, User
from people.services.accounts import end_access
from people.services.roles import end_role_of_affiliate, end_roles
from people.services.telling import tell_took_effect
from people.signals import employment_changed
from records import stopping
from records.audit import audit

logger = logging.getLogger(__name__)
# A turn ends after so many seconds, whatever is left; other periodic work waits for it.
TURN_SECONDS = 15.0


@dataclass(frozen=True)
class Standing:
    """Where a person stands on a day; ids, so that two can be compared."""

    status: str
    unit: uuid.UUID | None
    affiliate: uuid.UUID | None
    manager: uuid.UUID | None
    job_role: uuid.UUID | None
    is_open: bool

    def facts(self) -> dict[str, Any]:
        """For an audit event: JSON."""
        return {
            name: str(value) if isinstance(value, uuid.UUID) else value
            for name, value in asdict(self).items()
        }


def standing_kept(person: Person) -> Standing:
    return Standing(
        status=person.status,
        unit=person.unit_id,
        affiliate=person.affiliate_id,
        manager=person.manager_id,
        job_role=person.job_role_id,
        is_open=person.user.is_active,
    )


def apply_standing(person: Person, *, by: User | None, now: datetime.datetime | None = None) -> bool:
    """Bring the person's row, account and next change up to date; whether anything became different.

    The caller holds the person's row (`held`). Sends `employment_changed`; an account that closes loses its
    sessions and tokens at once; who has left loses the roles, who moves out of an affiliate the one for it.
    """
    before = standing_kept(person)
    employments = person.employments.filter(primary=True).select_related("unit__affiliate")
    stand(person, list(employments.order_by("starts_on")), list(person.leaves.order_by("starts_on")), now=now)
    person.save(update_fields=[*_KEPT, "updated_at"])
    found = standing_kept(person)
    if found == before:
        return False
    if found.is_open != before.is_open:
        person.user.save(update_fields=["is_active", "updated_at"])
        if not found.is_open:
            end_access(person.user)
    audit("person.standing", person, by=by, about=person.user, before=before.facts(), after=found.facts())
    if found.status == Person.Status.LEFT:
        end_roles(person, by=by)
    elif before.affiliate is not None and before.affiliate != found.affiliate:
        end_role_of_affiliate(person, before.affiliate, by=by)
    employment_changed.send(sender=Person, person=person, before=before, by=by)
    return True


def held(person: Person) -> Person:
    """The person's row, locked until the transaction ends: whoever changes somebody does it one at a time."""
    return (
        Person.objects.select_for_update(of=("self",)).select_related("user", "affiliate").get(pk=person.pk)
    )


_KEPT = ("status", "unit", "affiliate", "manager", "job_role", "next_change_at")


def stand(
    person: Person,
    employments: Sequence[Employment],
    leaves: Sequence[Leave],
    *,
    now: datetime.datetime | None = None,
) -> None:
    """Write on the person and the account, without saving them, what these rows say of `now`.

    All primary employments and all leaves of the person, by their beginning.
    """
    found, person.next_change_at = _standing_at(person, employments, leaves, now or timezone.now())
    person.status, person.user.is_active = found.status, found.is_open
    person.unit_id, person.affiliate_id = found.unit, found.affiliate
    person.manager_id, person.job_role_id = found.manager, found.job_role


def _standing_at(
    person: Person, employments: Sequence[Employment], leaves: Sequence[Leave], now: datetime.datetime
) -> tuple[Standing, datetime.datetime | None]:
    if person.kind == Person.Kind.PARTNER:
        is_open = person.suspended_at is None
        return Standing(Person.Status.ACTIVE, None, person.affiliate_id, None, None, is_open), None
    current = next((row for row in employments if _covers(row, row.unit, now)), None)
    past = [row for row in employments if row.starts_on <= row.unit.today_at(now)]
    shown = current or (past[-1] if past else (employments[0] if employments else None))
    status = _status(current, employments, past, leaves, now)
    standing = Standing(
        status=status,
        unit=current.unit_id if current else None,
        affiliate=shown.unit.affiliate_id if shown else person.affiliate_id,
        manager=current.manager_id if current else None,
        job_role=current.job_role_id if current else None,
        is_open=person.suspended_at is None and status in {Person.Status.ACTIVE, Person.Status.ON_LEAVE},
    )
    return standing, _next_change(employments, leaves, shown.unit if shown else None, now)


def _covers(row: Employment | Leave, unit: OrganizationUnit, now: datetime.datetime) -> bool:
    today = unit.today_at(now)
    return row.starts_on <= today and (row.ends_on is None or row.ends_on >= today)


def _status(
    current: Employment | None,
    employments: Sequence[Employment],
    past: Sequence[Employment],
    leaves: Sequence[Leave],
    now: datetime.datetime,
) -> str:
    if current is not None:
        is_away = any(_covers(leave, current.unit, now) for leave in leaves)
        return Person.Status.ON_LEAVE if is_away else Person.Status.ACTIVE
    return Person.Status.LEFT if past and len(past) == len(employments) else Person.Status.PLANNED


def _next_change(
    employments: Sequence[Employment],
    leaves: Sequence[Leave],
    home: OrganizationUnit | None,
    now: datetime.datetime,
) -> datetime.datetime | None:
    """The first midnight, where the row holds, at which one begins or the day after one ends."""
    dated = [(row.unit, row) for row in employments] + [(home, leave) for leave in leaves]
    moments = [
        unit.midnight(day)
        for unit, row in dated
        if unit is not None
        for day in (row.starts_on, row.ends_on and row.ends_on + datetime.timedelta(days=1))
        if day
    ]
    return min((moment for moment in moments if moment > now), default=None)


def take_effect() -> int:
    """Dated changes whose midnight has passed, each in a transaction of its own; how many people changed.

    Periodic. One that fails is logged and tried again at the next turn; the others go on, however many fail.
    """
    changed, end = 0, time.monotonic() + TURN_SECONDS
    due = Person.objects.filter(next_change_at__lte=timezone.now()).order_by("next_change_at")
    for pk in list(due.values_list("pk", flat=True)):
        if time.monotonic() > end or stopping.requested():
            break
        try:
            with transaction.atomic():
                changed += _take_effect(held(Person(pk=pk)))
        except Exception:
            logger.exception("the planned change of person %s did not take effect", pk)
    return changed


def _take_effect(person: Person) -> bool:
    before, planned_for = standing_kept(person), person.next_change_at
    if not apply_standing(person, by=None):
        return False
    tell_took_effect(person, before, key=f"{person.pk}:{planned_for:%Y-%m-%d}")
    return True
