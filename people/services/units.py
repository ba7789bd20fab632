"""The organization tree: add, rename, move."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from people.models import Employment, OrganizationUnit, Person, User
from people.models.organization import OrganizationUnitQuerySet
from people.names import clean_names
from people.services.jobs import clean_code
from people.services.standing import apply_standing, held
from records.audit import audit

Kind = OrganizationUnit.Kind


@transaction.atomic
def create_unit(
    *,
    kind: str,
    parent: OrganizationUnit | None,
    code: str,
    name: Mapping[str, str],
    time_zone: str = "Asia/Seoul",
    locale: str = "ko",
    by: User | None,
) -> OrganizationUnit:
    """Raises ValidationError by field: kind, parent, code (taken, or no slug), name, time_zone."""
    _check_place(kind, parent)
    _check_zone(time_zone)
    code = clean_code(code)
    unit = OrganizationUnit(
        kind=kind,
        parent=parent,
        code=code,
        name=clean_names(name),
        time_zone=time_zone,
        locale=locale,
    )
    try:
        with transaction.atomic():
            unit.save()
    except IntegrityError as error:
        raise ValidationError({"code": _("Another unit has this code. Choose another one.")}) from error
    audit("unit.create", unit, by=by, after=_facts(unit))
    return unit


@transaction.atomic
def update_unit(
    unit: OrganizationUnit, *, name: Mapping[str, str], time_zone: str, locale: str, by: User
) -> None:
    """A new time zone moves the midnights of what is planned there. Raises ValidationError by field."""
    _check_zone(time_zone)
    before = _facts(unit)
    unit.name = clean_names(name)
    is_moved = unit.time_zone != time_zone
    unit.time_zone, unit.locale = time_zone, locale
    unit.save(update_fields=["name", "time_zone", "locale", "updated_at"])
    audit("unit.update", unit, by=by, before=before, after=_facts(unit))
    if is_moved:
        by_its_clock = OrganizationUnit.objects.filter(models.Q(pk=unit.pk) | models.Q(affiliate=unit))
        for person in _placed_in(by_its_clock).filter(next_change_at__isnull=False):
            apply_standing(held(person), by=by)


@transaction.atomic
def move_unit(unit: OrganizationUnit, *, parent: OrganizationUnit, by: User) -> None:
    """Hang `unit` with all below it under `parent`, today; where it hangs there, nothing happens.

    Raises ValidationError by field: parent.
    """
    if unit.parent_id == parent.pk:
        return
    _check_place(unit.kind, parent)
    before, affiliate = _facts(unit), unit.affiliate_id
    unit.parent = parent
    try:
        with transaction.atomic():
            unit.save(update_fields=["parent", "updated_at"])
    except IntegrityError as error:
        raise ValidationError(
            {"parent": _("The unit cannot hang below itself. Choose one outside of it.")}
        ) from error
    audit("unit.move", unit, by=by, before=before, after=_facts(unit))
    if unit.affiliate_id != affiliate:
        for person in people_placed_in(unit):
            apply_standing(held(person), by=by)


def people_placed_in(unit: OrganizationUnit) -> models.QuerySet[Person]:
    """Whose employment of any time is in the unit or below: newcomers, planned transfers and leavers, too."""
    return _placed_in(OrganizationUnit.objects.under(unit))


def _placed_in(units: OrganizationUnitQuerySet) -> models.QuerySet[Person]:
    placed = Employment.objects.filter(unit__in=units.values("pk"), primary=True).values("person")
    return Person.objects.filter(pk__in=placed).order_by("pk")


def _check_place(kind: str, parent: OrganizationUnit | None) -> None:
    """The group is the root, affiliates hang below it, departments below affiliates, departments or the group."""
    if kind == Kind.GROUP and (parent is not None or OrganizationUnit.objects.filter(kind=kind).exists()):
        raise ValidationError({"kind": _("There is one group, and it is the root of the tree.")})
    if kind != Kind.GROUP and parent is None:
        raise ValidationError({"parent": _("Choose the unit it belongs to.")})
    if kind == Kind.AFFILIATE and parent is not None and parent.kind != Kind.GROUP:
        raise ValidationError({"parent": _("An affiliate hangs directly below the group.")})


def _check_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError({"time_zone": _("There is no such time zone. Choose one of the list.")})


def _facts(unit: OrganizationUnit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "name": dict(unit.name),
        "parent": str(unit.parent_id) if unit.parent_id else None,
        "time_zone": unit.time_zone,
        "locale": unit.locale,
    }
