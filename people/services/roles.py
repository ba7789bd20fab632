"""Giving and taking roles."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import Employment, OrganizationUnit, Person, Role, User
from people.services.telling import tell_role_given, tell_role_taken
from records.audit import audit


@transaction.atomic
def give_role(person: Person, *, kind: str, unit: OrganizationUnit, by: User | None) -> Role:
    """Giving a role twice gives it once. `by` None is the operator's command line.

    Raises ValidationError: kind (who may not give it), unit (of the wrong kind for the role), person (oneself,
    or no active employee).
    """
    _check(person, kind, unit, by)
    role, is_new = Role.objects.get_or_create(person=person, kind=kind, unit=unit)
    if is_new:
        audit("role.give", role, by=by, about=person.user, after=_facts(role))
        tell_role_given(role)
    return role


@transaction.atomic
def take_role(role: Role, *, by: User | None) -> None:
    """Raises ValidationError: who may not take it, or the last group admin, without whom nobody could give any."""
    _check_giver(role.kind, role.unit, by)
    if role.kind == Role.Kind.GROUP_ADMIN:
        keep_a_group_admin(role.person)
    _take(role, by=by)


def keep_a_group_admin(person: Person) -> None:
    """Called before a group admin loses the role or the account.

    Raises ValidationError where no other one stays, whose account is open and who is not about to leave.
    """
    # All of them, in one order: who takes away another one at the same time waits here, and counts anew then.
    held = list(Role.objects.filter(kind=Role.Kind.GROUP_ADMIN).select_for_update().order_by("pk"))
    if all(role.person_id != person.pk for role in held):
        return
    leaving = Employment.objects.filter(
        person=OuterRef("pk"),
        primary=True,
        ending=Employment.Ending.LEAVING,
        ends_on__gte=timezone.localdate(),
    )
    others = Person.objects.filter(pk__in=[role.person_id for role in held], user__is_active=True)
    if not others.exclude(pk=person.pk).filter(~Exists(leaving)).exists():
        raise ValidationError(
            _("This is the last group admin who stays. Give the role to somebody else first.")
        )


@transaction.atomic
def end_roles(person: Person, *, by: User | None) -> None:
    """The person works here no more: hired again some day, they begin without a role."""
    for role in Role.objects.filter(person=person).select_related("person__user", "unit"):
        _take(role, by=by)


@transaction.atomic
def end_role_of_affiliate(person: Person, affiliate: uuid.UUID, *, by: User | None) -> None:
    """The person does not belong to the affiliate any more. Roles for other affiliates and for the group stay."""
    role = role_of_affiliate(person, affiliate)
    if role is not None:
        _take(role, by=by)


def role_of_affiliate(person: Person, affiliate: uuid.UUID | None) -> Role | None:
    """What ends when the person moves out of the affiliate."""
    held = Role.objects.filter(person=person, kind=Role.Kind.TRAINING_ADMIN, unit=affiliate)
    return held.select_related("person__user", "unit").first()


def _take(role: Role, *, by: User | None) -> None:
    audit("role.take", role, by=by, about=role.person.user, before=_facts(role))
    tell_role_taken(role)
    role.delete()


def _check(person: Person, kind: str, unit: OrganizationUnit, by: User | None) -> None:
    _check_giver(kind, unit, by)
    if by is not None and person.user_id == by.pk:
        raise ValidationError({"person": _("Nobody gives a role to themselves. Ask another admin.")})
    wanted = (
        OrganizationUnit.Kind.AFFILIATE if kind == Role.Kind.TRAINING_ADMIN else OrganizationUnit.Kind.GROUP
    )
    if unit.kind != wanted:
        raise ValidationError(
            {"unit": _("A training admin belongs to an affiliate, the other roles to the group.")}
        )
    if person.kind != Person.Kind.EMPLOYEE or not person.user.is_active:
        raise ValidationError({"person": _("Only somebody who works here today can hold a role.")})


def _check_giver(kind: str, unit: OrganizationUnit, by: User | None) -> None:
    """Group admins give and take every role; a training admin that of the own affiliate."""
    if by is None:
        return
    held = Role.objects.of(by)
    is_own = kind == Role.Kind.TRAINING_ADMIN and held.filter(kind=kind, unit=unit).exists()
    if not (is_own or held.filter(kind=Role.Kind.GROUP_ADMIN).exists()):
        raise ValidationError({"kind": _("You may not give or take this role. Ask a group admin.")})


def _facts(role: Role) -> dict[str, str]:
    return {"kind": role.kind, "unit": role.unit.code}
