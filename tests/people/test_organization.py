from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from people.models import Employment, OrganizationUnit, Person
from people.services.employments import hire_newcomer, transfer
from people.services.units import create_unit, move_unit, update_unit
from records.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def department(code: str, parent: OrganizationUnit) -> OrganizationUnit:
    return create_unit(kind="department", parent=parent, code=code, name={"en": code.title()}, by=None)


def test_a_unit_knows_the_way_to_the_root_and_its_affiliate() -> None:
    home = factories.affiliate()
    team = department("team", department("lab", home))
    assert team.path[0] == home.parent_id
    assert team.path[-1] == team.pk
    assert team.affiliate == home


def test_moving_a_unit_takes_along_what_is_below_and_its_people() -> None:
    home, other = factories.affiliate(), factories.affiliate("chemical")
    lab = department("lab", home)
    team = department("team", lab)
    worker = factories.person(at=team)
    move_unit(lab, parent=other, by=factories.admin("group_admin").user)
    team.refresh_from_db()
    worker.refresh_from_db()
    assert team.path == [other.parent_id, other.pk, lab.pk, team.pk]
    assert worker.affiliate == other


def test_newcomers_and_leavers_of_a_moved_unit_go_to_the_admins_of_its_new_affiliate() -> None:
    lab, other = department("lab", factories.affiliate()), factories.affiliate("chemical")
    newcomer = hire_newcomer(
        name={"en": "New"}, email="new@example.com", unit=lab, on=lab.today() + DAY, by=None
    )
    leaver = factories.person(at=lab)
    Employment.objects.filter(person=leaver).update(ends_on=lab.today() - DAY, ending="leaving")
    move_unit(lab, parent=other, by=factories.admin("group_admin").user)
    admin = factories.admin(at=other)
    assert {newcomer, leaver} <= set(Person.objects.administered_by(admin.user))


def test_a_unit_that_is_moved_to_where_it_hangs_is_not_on_record() -> None:
    lab = department("lab", factories.affiliate())
    move_unit(lab, parent=factories.affiliate(), by=factories.person().user)
    assert not AuditEvent.objects.filter(action="unit.move").exists()


def test_a_cycle_is_refused_at_the_field_and_by_the_database() -> None:
    home = factories.affiliate()
    lab = department("lab", home)
    team = department("team", lab)
    with pytest.raises(ValidationError, match="cannot hang below itself"):
        move_unit(lab, parent=team, by=factories.person().user)
    with pytest.raises(IntegrityError, match="below itself"), transaction.atomic():
        OrganizationUnit.objects.filter(pk=lab.pk).update(parent=team)
    lab.refresh_from_db()
    assert lab.parent == home


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "lab"}, "code"),
        ({"kind": "group"}, "kind"),
        ({"kind": "affiliate"}, "parent"),
        ({"time_zone": "Asia/Atlantis"}, "time_zone"),
        ({"parent": None}, "parent"),
        ({"code": "new unit"}, "code"),
        ({"name": {"en": "a\0b"}}, "name"),
    ],
)
def test_a_bad_unit_is_refused_at_its_field(change: dict[str, object], field: str) -> None:
    home = factories.affiliate()
    department("lab", home)
    good = {"kind": "department", "parent": home, "code": "fresh", "name": {"en": "Fresh"}}
    with pytest.raises(ValidationError) as refusal:
        create_unit(**(good | change), by=None)  # type: ignore[arg-type]
    assert list(refusal.value.message_dict) == [field]


def test_a_new_time_zone_moves_the_midnight_of_who_is_to_come() -> None:
    there, worker = factories.affiliate("chemical"), factories.person()
    first = there.today() + 3 * DAY
    transfer(worker, unit=there, on=first, by=None)
    zone = "Pacific/Auckland"  # its days begin before those of Seoul
    update_unit(there, name={"en": "X"}, time_zone=zone, locale="en", by=factories.person().user)
    worker.refresh_from_db()
    there.refresh_from_db()
    assert worker.next_change_at == there.midnight(first)


def test_a_new_time_zone_moves_the_midnight_of_what_is_planned() -> None:
    home = factories.affiliate()
    worker = factories.planned_leaver(at=home)
    before = worker.next_change_at
    update_unit(home, name={"en": "X"}, time_zone="UTC", locale="en", by=factories.person().user)
    worker.refresh_from_db()
    assert before is not None
    assert worker.next_change_at is not None
    assert (worker.next_change_at - before).total_seconds() == 9 * 3600
