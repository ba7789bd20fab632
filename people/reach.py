"""What somebody may do with people, for pages to decide what they offer. The querysets decide what they get."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    # The answers to `also_ask`, by name.
    more: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_admin(self) -> bool:
        return self.is_group_admin or bool(self.affiliates)

    @property
    def sees_people(self) -> bool:
        return self.is_admin or self.leads


NOBODY = Reach(is_group_admin=False, affiliates=(), leads=False)


_more: dict[str, Callable[[User], Any]] = {}


def also_ask(name: str, expression: Callable[[User], Any]) -> None:
    """What else every page wants to know of its reader: an expression about the person, asked in the same question."""
    _more[name] = expression


def reach_of(user: User) -> Reach:
    """One question to the database a request: the answer stays with the account object, which lives as long."""
    kept: Reach | None = user.__dict__.get("_reach")
    if kept is None:
        kept = user.__dict__["_reach"] = _ask(user)
    return kept


def _ask(user: User) -> Reach:
    roles = Role.objects.filter(person=OuterRef("pk")).order_by("pk")
    admins = roles.filter(kind=Role.Kind.TRAINING_ADMIN)
    row = (
        Person.objects.filter(user=user)
        .values_list(
            Exists(roles.filter(kind=Role.Kind.GROUP_ADMIN)),
            ArraySubquery(admins.values("unit")),
            Exists(Person.objects.filter(manager=OuterRef("pk"))),
            *(expression(user) for expression in _more.values()),
        )
        .first()
    )
    if row is None:
        return NOBODY
    more = dict(zip(_more, row[3:], strict=True))
    return Reach(is_group_admin=row[0], affiliates=tuple(row[1]), leads=row[2], more=more)


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
