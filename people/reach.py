"""What somebody may do with people, for pages to decide what they offer. The querysets decide what they get."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.db.models.functions import JSONObject

from people.models import Person, Role, User


@dataclass(frozen=True)
class Reach:
    is_group_admin: bool
    # Those that a training admin carries.
    affiliates: tuple[uuid.UUID, ...]
    leads: bool
    operates: bool
    # The answers to `also_ask`, by name.
    more: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_admin(self) -> bool:
        return self.is_group_admin or bool(self.affiliates)

    @property
    def sees_people(self) -> bool:
        return self.is_admin or self.leads


NOBODY = Reach(is_group_admin=False, affiliates=(), leads=False, operates=False)


# By this name the account object keeps its reach, also through the lazy one of a request.
_KEPT = "_reach"
_more: dict[str, Callable[[User], Any]] = {}


def also_ask(name: str, expression: Callable[[User], Any]) -> None:
    """What else every page wants to know of its reader: an expression about the person, asked in the same question."""
    _more[name] = expression


def reach_of(user: User) -> Reach:
    """Asked with the account itself on every request (`AccountBackend.get_user`), else once for the object."""
    kept: Reach | None = getattr(user, _KEPT, None)
    if kept is None:
        people = Person.objects.filter(user=user)
        kept = keep_reach(user, people.values(**reach_asked(user, person="pk")).first())
    return kept


def reach_asked(user: User, *, person: str) -> dict[str, Any]:
    """The parts of a question about `user`, in which the path `person` leads to the person's key."""
    held = Role.objects.filter(person=OuterRef(person)).order_by("pk")
    return {
        "roles_held": ArraySubquery(held.values(held=JSONObject(kind="kind", unit="unit"))),
        "leads": Exists(Person.objects.filter(manager=OuterRef(person))),
        **{name: expression(user) for name, expression in _more.items()},
    }


def keep_reach(user: User, answers: Mapping[str, Any] | None) -> Reach:
    """What `reach_asked` was answered, None for an account that is nobody's; kept with the account object."""
    reach = _reach_from(answers) if answers else NOBODY
    setattr(user, _KEPT, reach)
    return reach


def _reach_from(answers: Mapping[str, Any]) -> Reach:
    held = [(role["kind"], role["unit"]) for role in answers["roles_held"]]
    kinds = {kind for kind, _unit in held}
    return Reach(
        is_group_admin=Role.Kind.GROUP_ADMIN in kinds,
        affiliates=tuple(uuid.UUID(unit) for kind, unit in held if kind == Role.Kind.TRAINING_ADMIN),
        leads=answers["leads"],
        operates=Role.Kind.OPERATOR in kinds,
        more={name: answers[name] for name in _more},
    )


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
