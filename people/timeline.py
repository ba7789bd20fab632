"""What happened to a person and what is planned, read from dated rows and from the record of changes."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from people.models import Employment, Leave, OrganizationUnit, Person, Role
from records.models import AuditEvent
from records.moments import city

DAY = datetime.timedelta(days=1)
_ACTIONS = ("role.give", "role.take", "person.suspend", "person.reinstate", "person.update")
_VIEW = "person.view"
_SHOWN, _VIEWS = 100, 50


@dataclass(frozen=True)
class Entry:
    """`day` sorts and is shown; `coming` has not taken effect yet; `cancel_url` takes it back (POST).

    `end_url` leads to where its last day is entered.
    """

    day: datetime.date
    title: str
    text: str = ""
    icon: str = "circle-dot"
    tone: str = ""
    coming: bool = False
    cancel_url: str = ""
    end_url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Seen:
    """Whose eyes: an editor can cancel, and only admins and the person read kinds of leave and reasons."""

    can_edit: bool
    reads_private: bool


@dataclass(frozen=True)
class Events:
    """Of an account, newest first: what was changed, and who looked at the record."""

    changes: list[Any]
    views: list[Any]


def events_about(person: Person, *, with_views: bool) -> Events:
    """Both in one query; a change of roles has `unit_name`, that of the unit which it is about."""
    code = Coalesce(KeyTextTransform("unit", "after"), KeyTextTransform("unit", "before"))
    named = OrganizationUnit.objects.filter(code=OuterRef("unit_code")).values("name")
    about = (
        AuditEvent.objects.filter(subject_id=person.user_id)
        .annotate(unit_code=code)
        .annotate(unit_name=Subquery(named))
        .select_related("actor__person")
        .order_by("-at")
    )
    found = about.filter(action__in=_ACTIONS)[:_SHOWN]
    if with_views:
        found = found.union(about.filter(action=_VIEW)[:_VIEWS], all=True)
    events = sorted(found, key=lambda event: event.at, reverse=True)
    return Events(
        [event for event in events if event.action != _VIEW],
        [event for event in events if event.action == _VIEW],
    )


def timeline_of(person: Person, seen: Seen, changes: list[Any]) -> list[Entry]:
    """What lies ahead first, then backwards."""
    employments = list(
        person.employments.select_related("unit__affiliate", "manager", "job_role").order_by("starts_on")
    )
    home = person.home_unit
    entries = [*_employments(employments, seen), *(_event(change, seen) for change in changes)]
    if home is not None:
        entries += [entry for leave in person.leaves.all() for entry in _leave(leave, home, seen)]
    return sorted(entries, key=lambda entry: (entry.coming, entry.day), reverse=True)


def city_of(unit: OrganizationUnit) -> str:
    return city(unit.zone.key)


def _employments(rows: list[Employment], seen: Seen) -> Iterator[Entry]:
    previous: Employment | None = None
    for row in rows:
        today = row.unit.today()
        if row.primary:
            yield _start(row, previous, seen, is_ahead=row.starts_on > today)
            previous = row
        else:
            is_over = row.ends_on is not None and row.ends_on < today
            yield _second(row, seen, is_ahead=row.starts_on > today, is_over=is_over)
        if row.ends_on and row.ending == Employment.Ending.LEAVING:
            yield _end(row, seen, is_ahead=row.ends_on >= today)


def _start(row: Employment, previous: Employment | None, seen: Seen, *, is_ahead: bool) -> Entry:
    follows = previous is not None and previous.ends_on == row.starts_on - DAY
    if previous is None or not follows:
        title, icon = (_("Hired again") if previous else _("Hired")), "user-plus"
    elif previous.unit_id != row.unit_id:
        title, icon = _("Transfer to %(unit)s") % {"unit": row.unit}, "arrow-right-left"
    elif previous.manager_id != row.manager_id:
        title, icon = _("New manager"), "users"
    else:
        title, icon = _("New job"), "briefcase"
    return Entry(
        row.starts_on,
        title,
        _place(row),
        icon,
        "" if is_ahead else "ok",
        coming=is_ahead,
        cancel_url=_url("cancel-employment", row.pk, seen, is_ahead),
        note=_takes_effect(row.starts_on, row.unit) if is_ahead else "",
    )


def _second(row: Employment, seen: Seen, *, is_ahead: bool, is_over: bool) -> Entry:
    return Entry(
        row.starts_on,
        _("Second job"),
        _place(row),
        "briefcase",
        coming=is_ahead,
        cancel_url=_url("cancel-employment", row.pk, seen, is_ahead),
        end_url=_url("end-second-job", row.pk, seen, not is_ahead and not is_over),
        note=_takes_effect(row.starts_on, row.unit) if is_ahead else "",
    )


def _end(row: Employment, seen: Seen, *, is_ahead: bool) -> Entry:
    day = row.ends_on or row.starts_on
    if not row.primary:
        return Entry(day, _("Last day of the second job"), str(row.unit), "log-out", coming=is_ahead)
    note = _("The account closes by itself on %(day)s at midnight in %(city)s.") % {
        "day": date_format(day + DAY),
        "city": city_of(row.unit),
    }
    return Entry(
        day,
        _("Last day of work"),
        str(row.unit),
        "log-out",
        "due" if is_ahead else "",
        coming=is_ahead,
        cancel_url=_url("cancel-leaving", row.person_id, seen, is_ahead),
        note=note if is_ahead else "",
    )


def _leave(leave: Leave, home: OrganizationUnit, seen: Seen) -> Iterator[Entry]:
    today = home.today()
    title = leave.get_kind_display() if seen.reads_private else _("On leave")
    is_ahead = leave.starts_on > today
    text = (
        _("Until %(day)s") % {"day": date_format(leave.ends_on)} if leave.ends_on else _("Without an end yet")
    )
    yield Entry(
        leave.starts_on,
        title,
        text,
        "clock",
        "wait",
        coming=is_ahead,
        cancel_url=_url("cancel-leave", leave.pk, seen, is_ahead),
        note=_takes_effect(leave.starts_on, home) if is_ahead else "",
    )
    if leave.ends_on is not None and not is_ahead:
        back, is_back_ahead = leave.ends_on + DAY, leave.ends_on >= today
        note = _takes_effect(back, home) if is_back_ahead else ""
        yield Entry(back, _("Back at work"), "", "user-check", "ok", coming=is_back_ahead, note=note)


def _event(event: Any, seen: Seen) -> Entry:
    kinds: dict[str, Any] = dict(Role.Kind.choices)
    facts = event.after or event.before
    role = f"{kinds.get(facts.get('kind', ''), '')} · {event.unit_name or facts.get('unit', '')}"
    looks = {
        "role.give": (_("Role given: %(role)s") % {"role": role}, "shield-check", "ok"),
        "role.take": (_("Role taken: %(role)s") % {"role": role}, "shield-alert", ""),
        "person.suspend": (_("Account deactivated"), "ban", "bad"),
        "person.reinstate": (_("Account reactivated"), "rotate-ccw", "ok"),
        "person.update": (_("Name or e-mail changed"), "pencil-line", ""),
    }
    title, icon, tone = looks[event.action]
    reason = str(facts.get("reason", "")) if event.action == "person.suspend" and seen.reads_private else ""
    actor = getattr(event.actor, "person", None) if event.actor else None
    by = _("by %(person)s") % {"person": actor} if actor else ""
    text = " · ".join(part for part in (reason, by) if part)
    return Entry(timezone.localtime(event.at).date(), title, text, icon, tone)


def _place(row: Employment) -> str:
    affiliate = row.unit.affiliate if row.unit.affiliate_id != row.unit_id else None
    title = str(row.job_title) or (str(row.job_role) if row.job_role else "")
    manager = _("Manager: %(person)s") % {"person": row.manager} if row.manager else ""
    return " · ".join(str(part) for part in (affiliate, row.unit, title, manager) if part)


def _takes_effect(day: datetime.date, unit: OrganizationUnit) -> str:
    return _("Takes effect by itself on %(day)s at midnight in %(city)s.") % {
        "day": date_format(day),
        "city": city_of(unit),
    }


def _url(name: str, pk: Any, seen: Seen, is_offered: bool) -> str:  # noqa: FBT001 - read by eye only
    return reverse(f"people:{name}", args=[pk]) if seen.can_edit and is_offered else ""
