"""Whom somebody answers for beside their own learning: those they administer, those who report to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from people.listing import SUSPENDED, Wanted, as_rows, count_up_to, in_people, people_wanted, with_found
from people.models import Person, User
from people.pages.states import state_of
from people.reach import Reach, reach_of

_FACES = 5
_STATES = (
    (Person.Status.ACTIVE.value, "users", "ok"),
    (Person.Status.PLANNED.value, "calendar-clock", ""),
    (Person.Status.ON_LEAVE.value, "clock", "wait"),
    (SUSPENDED, "ban", "bad"),
)


def duties_of(user: User) -> dict[str, Any]:
    """Nothing, without a question, for whoever neither leads nor administers anybody; else one question."""
    reach = reach_of(user)
    counts = _counts(user, reach) if reach.is_admin else {}
    rows = _reports(user, reach, counts) if reach.leads else []
    counted = rows[0] if rows else counts and Person.objects.filter(user=user).annotate(**counts).get()
    return {
        "figures": [_figure(counted, *state) for state in _STATES] if counts else [],
        "whole": _("The group") if reach.is_group_admin else _("My affiliate"),
        "team": _team(rows) if rows else None,
    }


def _counts(user: User, reach: Reach) -> dict[str, Subquery]:
    """How many people are in each state: parts of a question about somebody else."""
    return {
        f"in_{state}": count_up_to(people_wanted(user, reach, _in(state))[0]) for state, *_look in _STATES
    }


def _reports(user: User, reach: Reach, counts: dict[str, Subquery]) -> list[Any]:
    people, order = people_wanted(user, reach, Wanted(scope="direct"))
    return list(with_found(as_rows(people), people).annotate(**counts).order_by(*order)[:_FACES])


def _figure(counted: Any, state: str, icon: str, tone: str) -> dict[str, Any]:
    labels = {**dict(Person.Status.choices), SUSPENDED: _("Deactivated")}
    count = getattr(counted, f"in_{state}")
    return {
        "label": labels[state],
        "value": in_people(count),
        "icon": icon,
        "tone": tone if count else "",
        "url": _address(_in(state)),
    }


def _team(rows: list[Any]) -> dict[str, Any]:
    return {
        "rows": [(person, reverse("people:person", args=[person.pk]), state_of(person)) for person in rows],
        "found": in_people(rows[0].found),
        "below_url": _address(Wanted(scope="all")),
    }


def _in(state: str) -> Wanted:
    return Wanted(scope="administered", status=state)


def _address(wanted: Wanted) -> str:
    return f"{reverse('people:people')}?{urlencode(wanted.as_params())}"
