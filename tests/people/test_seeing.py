"""Who is found by whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from people.models import OrganizationUnit, Person, Role, User
from people.services.employments import hire, leave_company
from people.services.people import suspend
from people.services.roles import give_role, take_role
from people.services.units import create_unit
from tests import factories

pytestmark = pytest.mark.django_db


def seen(by: Person) -> set[Person]:
    return set(Person.objects.visible_to(by.user))


def test_everybody_sees_themselves_and_a_manager_all_below() -> None:
    boss = factories.person("boss")
    middle = factories.person("middle", manager=boss)
    low = factories.person("low", manager=middle)
    assert seen(low) == {low}
    assert seen(middle) == {middle, low}
    assert seen(boss) == {boss, middle, low}
    assert set(Person.objects.led_by(boss.user, directly=True)) == {middle}


def test_a_training_admin_sees_and_edits_the_own_affiliate_only() -> None:
    chemical = factories.affiliate("chemical")
    admin, here, there = factories.admin(), factories.person(), factories.person(at=chemical)
    guest, foreign_guest = factories.partner(), factories.partner(of=chemical)
    assert {here, guest} <= seen(admin)
    assert not {there, foreign_guest} & seen(admin)
    assert set(Person.objects.editable_by(admin.user)) == seen(admin)
    assert there in seen(factories.admin("group_admin"))
    operator = factories.admin("operator")
    assert seen(operator) == {operator}


def test_units_are_seen_by_who_works_in_the_affiliate_and_shaped_by_its_admins() -> None:
    home, chemical = factories.affiliate(), factories.affiliate("chemical")
    lab = create_unit(kind="department", parent=home, code="lab", name={"en": "Lab"}, by=None)
    worker, admin, boss = factories.person(), factories.admin(), factories.admin("group_admin")
    units = OrganizationUnit.objects
    assert set(units.visible_to(worker.user)) == {home, lab}
    assert set(units.visible_to(factories.partner().user)) == set()
    assert set(units.editable_by(worker.user)) == set()
    assert set(units.editable_by(admin.user)) == {home, lab}
    assert set(units.editable_by(boss.user)) == {home, lab, chemical, home.parent}


def test_search_finds_by_beginnings_and_each_person_once() -> None:
    kim = factories.person("kim.jiwoo")
    hire(
        kim,
        unit=factories.affiliate(),
        on=factories.affiliate().today(),
        number="K100",
        primary=False,
        by=None,
    )
    park = factories.person("park")

    def found(text: str) -> list[Person]:
        return list(Person.objects.matching(text))

    assert found("kim") == found("KIM.JIWOO@ex") == found("k100") == [kim]
    assert found("jiwoo") == []  # within a word is no beginning
    assert set(found("")) == {kim, park}
    assert found("100%") == found("k1_0") == found("kim\0%") == []


@pytest.mark.parametrize(
    ("giver", "kind", "unit", "allowed"),
    [
        ("training_admin", "training_admin", "electronics", True),
        ("training_admin", "training_admin", "chemical", False),
        ("training_admin", "group_admin", "group", False),
        ("group_admin", "operator", "group", True),
        ("group_admin", "operator", "electronics", False),
        ("operator", "training_admin", "electronics", False),
    ],
)
def test_roles_are_given_by_who_may(giver: str, kind: str, unit: str, *, allowed: bool) -> None:
    factories.affiliate("chemical")
    by, person = factories.admin(giver), factories.person()
    where = OrganizationUnit.objects.get(code=unit)
    if allowed:
        assert give_role(person, kind=kind, unit=where, by=by.user) == give_role(
            person, kind=kind, unit=where, by=by.user
        )
    else:
        with pytest.raises(ValidationError):
            give_role(person, kind=kind, unit=where, by=by.user)


def test_nobody_raises_themselves_and_the_last_group_admin_stays() -> None:
    boss = factories.admin("group_admin")
    with pytest.raises(ValidationError, match="to themselves"):
        give_role(boss, kind="operator", unit=OrganizationUnit.objects.get(code="group"), by=boss.user)
    with pytest.raises(ValidationError, match="works here today"):
        give_role(factories.partner(), kind="training_admin", unit=factories.affiliate(), by=boss.user)
    with pytest.raises(ValidationError, match="last group admin"):
        take_role(boss.roles.get(), by=boss.user)
    second = factories.admin("group_admin")
    take_role(boss.roles.get(), by=second.user)
    assert not Role.objects.of(boss.user).exists()


def test_the_last_group_admin_who_stays_cannot_leave_or_be_deactivated() -> None:
    boss, second = factories.admin("group_admin"), factories.admin("group_admin")
    today = factories.affiliate().today()
    leave_company(second, on=today + timedelta(days=30), by=second.user)
    with pytest.raises(ValidationError, match="last group admin"):
        leave_company(boss, on=today + timedelta(days=90), by=boss.user)
    with pytest.raises(ValidationError, match="last group admin"):
        suspend(boss, reason="", by=second.user)
    assert boss.employments.get().ends_on is None
    assert User.objects.get(pk=boss.user_id).is_active
    factories.admin("group_admin")
    leave_company(boss, on=today + timedelta(days=90), by=boss.user)
    assert boss.employments.get().ends_on is not None
