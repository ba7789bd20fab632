"""People and units as text that a field shows, suggests and understands again: "Jiwoo Kim · jiwoo@maru.example"."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from people.models import EmployeeNumber, OrganizationUnit, Person, User
from people.models.organization import OrganizationUnitQuerySet
from people.models.persons import PersonQuerySet

SEPARATOR = " · "
OFFERED = 8
Chosen = TypeVar("Chosen", Person, OrganizationUnit)


@dataclass(frozen=True)
class Found(Generic[Chosen]):
    """What fits a text: at most `OFFERED` rows, and whether there are more."""

    rows: Sequence[Chosen]
    has_more: bool

    @classmethod
    def of(cls, fitting: QuerySet[Chosen]) -> Found[Chosen]:
        """One row more than is offered tells it: counting all of a group takes longer."""
        rows = list(fitting[: OFFERED + 1])
        return cls(rows[:OFFERED], len(rows) > OFFERED)


def key_of(text: str) -> str:
    """The part that identifies: what stands after the last separator, or all of it."""
    return text.rpartition(SEPARATOR)[2].strip()


def with_number(people: PersonQuerySet) -> PersonQuerySet:
    """Annotates `number`: affiliate code and number of the newest one, as in electronics/K100."""
    newest = EmployeeNumber.objects.filter(person=OuterRef("pk")).order_by("-pk")
    whole = newest.annotate(whole=Concat(F("affiliate__code"), Value("/"), F("number")))
    return people.annotate(number=Subquery(whole.values("whole")[:1]))


def person_label(person: Person) -> str:
    key = person.user.email or getattr(person, "number", None) or str(person.pk)
    return f"{person}{SEPARATOR}{key}"


def exact_person(people: PersonQuerySet, text: str) -> Person | None:
    """By e-mail, by number (with the affiliate's code before it, or alone where that is enough) or by id."""
    key = key_of(text).replace("\0", "")
    code, _slash, number = key.rpartition("/")
    numbers = EmployeeNumber.objects.filter(number=number)
    if code:
        numbers = numbers.filter(affiliate__code=code.lower())
    ways = Q(user__in=User.objects.with_email(key)) | Q(pk__in=numbers.values("person"))
    if pk := _uuid(key):
        ways |= Q(pk=pk)
    found = list(people.filter(ways).select_related("user")[:2])
    return found[0] if len(found) == 1 else None


def people_like(people: PersonQuerySet, text: str) -> Found[Person]:
    return Found.of(with_number(people.matching(text)).select_related("user", "unit"))


def unit_label(unit: OrganizationUnit) -> str:
    return f"{unit}{SEPARATOR}{unit.code}"


def exact_unit(units: OrganizationUnitQuerySet, text: str) -> OrganizationUnit | None:
    return units.filter(code=key_of(text).lower().replace("\0", "")).first()


def units_like(units: OrganizationUnitQuerySet, text: str) -> Found[OrganizationUnit]:
    """Those whose code begins with the text, or whose name holds it."""
    plain = text.replace("\0", "").strip()
    named = Q(name__ko__icontains=plain) | Q(name__en__icontains=plain)
    return Found.of(units.filter(Q(code__istartswith=plain) | named).order_by("path", "pk"))


def labels(rows: Sequence[Person | OrganizationUnit]) -> list[str]:
    return [person_label(row) if isinstance(row, Person) else unit_label(row) for row in rows]


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
