"""What somebody may do with people, for pages to decide what they offer. The querysets decide what they get."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef

from people.models import Person, Role, User


@dataclass(frozen=True)
class Reach:
    is_group_admin: bool
    # Those that a training admin carries.
    affiliates: tuple[uuid.UUID, ...]
    leads: bool

    @property
    def is_admin(self) -> bool:
        return self.is_group_admin or bool(self.affiliates)

    @property
    def sees_people(self) -> bool:
        return self.is_admin or self.leads


NOBODY = Reach(is_group_admin=False, affiliates=(), leads=False)


def reach_of(user: User) -> Reach:
    """One question to the database a request: the answer stays with the account object, which lives as long."""
    kept: Reach | None = user.__dict__.get("_reach")
    if kept is None:
        kept, *_others = ask(user)
    return kept


def ask(user: User, *others: Any) -> tuple[Any, ...]:
    """The reach, and what `others` (expressions about the person) ask in the same question; None for nobody."""
    roles = Role.objects.filter(person=OuterRef("pk")).order_by("pk")
    admins = roles.filter(kind=Role.Kind.TRAINING_ADMIN)
    row = (
        Person.objects.filter(user=user)
        .values_list(
            Exists(roles.filter(kind=Role.Kind.GROUP_ADMIN)),
            ArraySubquery(admins.values("unit")),
            Exists(Person.objects.filter(manager=OuterRef("pk"))),
            *others,
        )
        .first()
    )
    reach = NOBODY if row is None else Reach(is_group_admin=row[0], affiliates=tuple(row[1]), leads=row[2])
    user.__dict__["_reach"] = reach
    return (reach, *(row[3:] if row else [None] * len(others)))


def admin_reach(user: User) -> Reach:
    """Raises PermissionDenied for who administers nobody."""
    reach = reach_of(user)
    if not reach.is_admin:
        raise PermissionDenied
    return reach


def group_admin_reach(user: User) -> Reach:
    """Raises PermissionDenied for who is no group admin."""
    reach = reach_of(user)
    if not reach.is_group_admin:
        raise PermissionDenied
    return reach
