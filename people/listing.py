"""Which people a list holds: scope, search and filters, for the page and for its export alike."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import IntegerField, OuterRef, Subquery, Value
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people.choosing import with_number
from people.models import OrganizationUnit, Person, Role, User
from people.models.persons import PersonQuerySet
from people.reach import Reach
from records.figures import number

# What rows of tables and exports show: fifty rows of whole records are 800 moments to read for nothing.
_SHOWN = (
    *("kind", "name", "status", "suspended_at", "sort_key", "user__email", "unit__code", "unit__name"),
    *("affiliate__name", "manager__name", "job_role__name"),
)
# Counting 200,000 rows takes longer than showing fifty of them.
COUNTED = 1000
SCOPES = ("administered", "direct", "all")


@dataclass(frozen=True)
class Wanted:
    """What the address of a list says; empty: everything."""

    scope: str = ""
    q: str = ""
    affiliate: str = ""
    unit: str = ""
    status: str = ""
    kind: str = ""
    job: str = ""
    role: str = ""

    def as_params(self) -> dict[str, str]:
        """For an address, and for a long job: what is set."""
        return {name: value for name, value in asdict(self).items() if value}


def wanted_from(params: Mapping[str, Any], reach: Reach) -> Wanted:
    """Nonsense in an address counts as not set; a scope that is not the viewer's becomes the widest that is."""
    texts = {name: str(params.get(name) or "").replace("\0", "")[:200] for name in asdict(Wanted())}
    for name in ("affiliate", "unit"):
        texts[name] = _uuid(texts[name])
    kind, _colon, pk = texts["job"].partition(":")
    texts["job"] = f"{kind}:{pk}" if kind in {"family", "role"} and _uuid(pk) else ""
    for name, allowed in (("status", _STATUSES), ("kind", Person.Kind.values), ("role", Role.Kind.values)):
        texts[name] = texts[name] if texts[name] in allowed else ""
    scopes = SCOPES if reach.is_admin else SCOPES[1:]
    texts["scope"] = texts["scope"] if texts["scope"] in scopes else scopes[0]
    return Wanted(**texts)


SUSPENDED = "suspended"
_STATUSES = (*Person.Status.values, SUSPENDED)


def people_wanted(user: User, reach: Reach, wanted: Wanted) -> tuple[PersonQuerySet, tuple[str, ...]]:
    """The people and the order of them, which an index gives without sorting."""
    people = _in_scope(user, reach, wanted.scope)
    people = _filtered(people, wanted)
    if wanted.q.strip():
        return people.matching(wanted.q), ("match", "id")
    return people, ("sort_key", "id")


def as_rows(people: PersonQuerySet) -> PersonQuerySet:
    """With all that a row of a table shows."""
    held = Role.objects.filter(person=OuterRef("pk")).order_by("kind").values("kind").distinct()
    shown = with_number(people).annotate(role_kinds=ArraySubquery(held))
    return shown.select_related("user", "unit", "affiliate", "manager", "job_role").only(*_SHOWN)


def rows_of(people: list[Person]) -> list[Any]:
    """The people of a page, in their order, as rows: joined to a search they take longer to plan than to find."""
    shown = as_rows(Person.objects.all()).in_bulk([person.pk for person in people])
    return [shown[person.pk] for person in people]


class _CountUpTo(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def with_found(rows: PersonQuerySet, people: PersonQuerySet) -> PersonQuerySet:
    """Annotates `found`: how many there are, COUNTED + 1 for more than that; asked once, not for each row."""
    return rows.annotate(found=count_up_to(people))


def count_up_to(people: PersonQuerySet) -> Subquery:
    """How many there are, as part of another question; COUNTED + 1 for more than that."""
    counted = people.order_by().annotate(one=Value(1)).values("one")
    return _CountUpTo(counted[: COUNTED + 1])


def found_of(rows: Sequence[Any]) -> int:
    """What `with_found` found, from the rows of a page of it."""
    return rows[0].found if rows else 0


def in_people(count: int) -> str:
    """What `with_found` and `count_up_to` found, as people read it."""
    if count > COUNTED:
        return _("More than %(count)s people") % {"count": number(COUNTED)}
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}


def _in_scope(user: User, reach: Reach, scope: str) -> PersonQuerySet:
    if scope == "administered":
        people = Person.objects.administered_by(user)
        # Said once more in a way that an index answers.
        return people if reach.is_group_admin else people.filter(affiliate__in=reach.affiliates)
    return Person.objects.led_by(user, directly=scope == "direct")


def _filtered(people: PersonQuerySet, wanted: Wanted) -> PersonQuerySet:
    if wanted.affiliate:
        people = people.filter(affiliate=uuid.UUID(wanted.affiliate))
    if wanted.unit:
        units = OrganizationUnit.objects.under(uuid.UUID(wanted.unit))
        people = people.filter(unit__in=units.values("pk"))
    if wanted.status == SUSPENDED:
        people = people.filter(suspended_at__isnull=False)
    elif wanted.status:
        people = people.filter(status=wanted.status)
    if wanted.kind:
        people = people.filter(kind=wanted.kind)
    if wanted.job:
        level, _colon, pk = wanted.job.partition(":")
        people = people.filter(**{"job_role__family" if level == "family" else "job_role": pk})
    if wanted.role:
        people = people.filter(pk__in=Role.objects.filter(kind=wanted.role).values("person"))
    return people


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text)) if text else ""
    except ValueError:
        return ""
