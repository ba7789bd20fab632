"""Whom somebody answers for beside their own learning: those they administer, those who report to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people.listing import COUNTED, SUSPENDED, Wanted, as_rows, count_up_to, people_wanted, with_found
from people.models import Person, User
from people.pages.states import state_of
from people.reach import Reach, reach_of

_FACES = 5
_STATES = (
    (Person.Status.ACTIVE, "users", "ok"),
    (Person.Status.PLANNED, "calendar-clock", ""),
    (Person.Status.ON_LEAVE, "clock", "wait"),
    (SUSPENDED, "ban", "bad"),
)


def duties_of(user: User) -> dict[str, Any]:
    """Nothing, without a question, for whoever neither leads nor administers anybody."""
    reach = reach_of(user)
    return {
        "figures": _figures(user, reach) if reach.is_admin else [],
        "whole": _("The group") if reach.is_group_admin else _("My affiliate"),
        "team": _team(user, reach) if reach.leads else None,
    }


def _figures(user: User, reach: Reach) -> list[dict[str, Any]]:
    """How many people are in each state: one question for all of them."""
    wanted = [Wanted(scope="administered", status=state) for state, _icon, _tone in _STATES]
    counts = [count_up_to(people_wanted(user, reach, one)[0]) for one in wanted]
    found = Person.objects.filter(user=user).values_list(*counts).get()
    labels = {**dict(Person.Status.choices), SUSPENDED: _("Deactivated")}
    return [
        {
            "label": labels[state],
            "value": _people(count),
            "icon": icon,
            "tone": tone if count else "",
            "url": _address(one),
        }
        for (state, icon, tone), one, count in zip(_STATES, wanted, found, strict=True)
    ]


def _team(user: User, reach: Reach) -> dict[str, Any]:
    wanted = Wanted(scope="direct")
    people, order = people_wanted(user, reach, wanted)
    rows: list[Any] = list(with_found(as_rows(people), people).order_by(*order)[:_FACES])
    return {
        "rows": [(person, reverse("people:person", args=[person.pk]), state_of(person)) for person in rows],
        "found": _people(rows[0].found if rows else 0),
        "url": _address(wanted),
        "below_url": _address(Wanted(scope="all")),
    }


def _people(count: int) -> str:
    if count > COUNTED:
        return _("More than 1,000 people")
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}


def _address(wanted: Wanted) -> str:
    return f"{reverse('people:people')}?{urlencode(wanted.as_params())}"
