"""One person with all that their page tells in a line, from one question to the database."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Func, OuterRef
from django.db.models.functions import Coalesce, JSONObject

from people.models import EmployeeNumber, OrganizationUnit, Person, Role, User
from people.models.persons import PersonQuerySet
from people.services.people import views_today
from people.throttle import is_locked
from records.text import TranslatedText


@dataclass(frozen=True)
class HeldRole:
    pk: uuid.UUID
    kind: str
    unit_name: dict[str, str]

    @property
    def label(self) -> str:
        return f"{Role.Kind(self.kind).label} · {TranslatedText(self.unit_name)}"


def whole(people: PersonQuerySet, user: User) -> Any:
    """Annotates what the page shows.

    Among it whether the user may edit them (`is_editable`), whether the account `is_locked` and the look `is_noted`.
    `path` holds the names of the units from the top; `numbers_held` and `held_roles` are facts as JSON.
    """
    of_person = {"person": OuterRef("pk")}
    numbers = EmployeeNumber.objects.filter(**of_person).order_by("pk")
    roles = Role.objects.filter(**of_person).order_by("kind", "pk")
    home = OrganizationUnit.objects.filter(pk=OuterRef(OuterRef("home")))
    above = home.annotate(above=Func("path", function="unnest")).values("above")
    names = OrganizationUnit.objects.filter(pk__in=above).order_by("path").values("name")
    return people.select_related(
        "user", "unit__affiliate", "affiliate", "manager__user", "job_role"
    ).annotate(
        home=Coalesce("unit", "affiliate"),
        path=ArraySubquery(names),
        numbers_held=ArraySubquery(
            numbers.values(one=JSONObject(number="number", affiliate="affiliate__name"))
        ),
        held_roles=ArraySubquery(roles.values(one=JSONObject(pk="pk", kind="kind", unit_name="unit__name"))),
        is_editable=Exists(Person.objects.editable_by(user).filter(pk=OuterRef("pk"))),
        is_locked=is_locked(OuterRef("user__username")),
        is_noted=Exists(views_today(user).filter(object_id=OuterRef("pk"))),
    )
