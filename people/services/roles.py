"""Giving and taking roles."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from people.models import OrganizationUnit, Person, Role, User
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
        # All of them, in one order: who takes another one at the same time waits here, and counts anew then.
        held = Role.objects.filter(kind=role.kind).select_for_update().order_by("pk")
        others = [each.pk for each in held if each.pk != role.pk]
        if not Role.objects.filter(pk__in=others, person__user__is_active=True).exists():
            raise ValidationError(_("This is the last group admin. Give the role to somebody else first."))
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
