"""Dated facts: what holds today, what takes effect by itself, what is refused."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from people.models import Employment, OrganizationUnit, Person, Role, User
from people.services import standing
from people.services.employments import (
    cancel_planned,
    hire,
    leave_company,
    return_from_leave,
    start_leave,
    transfer,
)
from people.services.people import create_person, reinstate, suspend
from people.services.roles import give_role
from people.services.standing import Standing, apply_standing, held, take_effect
from people.services.units import create_unit
from people.signals import employment_changed
from records.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db
Status = Person.Status


@pytest.fixture
def today() -> datetime.date:
    return factories.affiliate().today()


def standing_on(person: Person, day: datetime.date) -> Person:
    """The person as the dispatcher leaves them at noon of that day."""
    noon = datetime.datetime.combine(day, datetime.time(12), tzinfo=factories.affiliate().zone)
    with transaction.atomic():
        apply_standing(held(person), by=None, now=noon)
    return Person.objects.select_related("user").get(pk=person.pk)


def test_a_hire_in_the_future_opens_the_account_on_its_day(today: datetime.date) -> None:
    person = create_person(name={"en": "Ann"}, email="ann@example.com", by=None)
    hire(person, unit=factories.affiliate(), on=today + timedelta(days=10), by=None)
    person = standing_on(person, today + timedelta(days=9))
    assert (person.status, person.user.is_active) == (Status.PLANNED, False)
    person = standing_on(person, today + timedelta(days=10))
    assert (person.status, person.user.is_active, person.unit) == (Status.ACTIVE, True, factories.affiliate())


def test_a_change_takes_effect_at_midnight_where_the_person_works() -> None:
    seoul = factories.planned_leaver(at=factories.affiliate())
    budapest = factories.affiliate("hungary")
    budapest.time_zone = "Europe/Budapest"
    budapest.save()
    other = factories.planned_leaver(at=budapest)
    assert seoul.next_change_at is not None
    assert other.next_change_at is not None
    assert seoul.next_change_at.astimezone(factories.affiliate().zone).time() == datetime.time(0)
    assert other.next_change_at.astimezone(budapest.zone).time() == datetime.time(0)


def test_the_dispatcher_applies_what_is_due_once(today: datetime.date) -> None:
    person = factories.person()
    leave_company(person, on=today, by=None)
    Person.objects.filter(pk=person.pk).update(next_change_at=timezone.now() - timedelta(seconds=1))
    Employment.objects.filter(person=person).update(ends_on=today - timedelta(days=1))
    assert take_effect() == 1
    assert take_effect() == 0
    person.refresh_from_db()
    assert person.status == Status.LEFT
    assert not User.objects.get(pk=person.user_id).is_active


def test_many_changes_of_one_midnight_take_effect_in_one_turn(
    today: datetime.date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on the first day of a year: more than fit into any small batch; a turn without time leaves them."""
    home = factories.affiliate()
    people = [create_person(name={"en": "New"}, by=None) for _number in range(250)]
    Employment.objects.bulk_create(
        Employment(person=person, unit=home, starts_on=today, primary=True) for person in people
    )
    Person.objects.filter(pk__in=[person.pk for person in people]).update(
        next_change_at=timezone.now() - timedelta(seconds=1)
    )
    monkeypatch.setattr(standing, "TURN_SECONDS", -1.0)
    assert take_effect() == 0
    monkeypatch.setattr(standing, "TURN_SECONDS", 3600.0)
    assert take_effect() == 250


def test_a_transfer_ends_the_employment_before_and_tells_who_listens(today: datetime.date) -> None:
    person, chemical = factories.person(), factories.affiliate("chemical")
    heard: list[Standing] = []

    def listen(before: Standing, **_: object) -> None:
        heard.append(before)

    employment_changed.connect(listen)
    try:
        transfer(person, unit=chemical, on=today, by=None)
    finally:
        employment_changed.disconnect(listen)
    person.refresh_from_db()
    first, second = person.employments.order_by("starts_on")
    assert first.ends_on == today - timedelta(days=1)
    assert (second.starts_on, second.unit, second.ends_on) == (today, chemical, None)
    assert person.affiliate == chemical
    assert [before.affiliate for before in heard] == [factories.affiliate().pk]


def test_a_move_to_another_affiliate_ends_the_role_for_the_one_before(today: datetime.date) -> None:
    boss, admin, chemical = factories.admin("group_admin"), factories.admin(), factories.affiliate("chemical")
    away = factories.affiliate("hungary")
    for kind, unit in (("training_admin", away), ("operator", OrganizationUnit.objects.get(code="group"))):
        give_role(admin, kind=kind, unit=unit, by=boss.user)
    transfer(admin, unit=chemical, on=today + timedelta(days=3), by=boss.user)
    standing_on(admin, today + timedelta(days=2))
    assert Role.objects.filter(person=admin, unit=factories.affiliate()).exists()
    standing_on(admin, today + timedelta(days=3))
    assert {role.unit.code for role in Role.objects.filter(person=admin)} == {"hungary", "group"}
    event = AuditEvent.objects.get(action="role.take", subject=admin.user)
    assert event.before == {"kind": "training_admin", "unit": "electronics"}


def test_who_left_begins_without_a_role_when_hired_again(today: datetime.date) -> None:
    boss, admin = factories.admin("group_admin"), factories.admin()
    leave_company(admin, on=today + timedelta(days=3), by=boss.user)
    standing_on(admin, today + timedelta(days=3))
    assert Role.objects.filter(person=admin).exists()
    standing_on(admin, today + timedelta(days=4))
    assert not Role.objects.filter(person=admin).exists()
    assert AuditEvent.objects.filter(action="role.take", subject=admin.user).count() == 1
    hire(admin, unit=factories.affiliate(), on=today + timedelta(days=30), by=boss.user)
    assert not standing_on(admin, today + timedelta(days=30)).roles.exists()


def test_a_transfer_within_the_affiliate_keeps_its_role(today: datetime.date) -> None:
    admin, home = factories.admin(), factories.affiliate()
    lab = create_unit(kind="department", parent=home, code="lab", name={"en": "Lab"}, by=None)
    transfer(admin, unit=lab, on=today, by=None)
    assert Role.objects.filter(person=admin, unit=home).exists()


def test_leave_and_return(today: datetime.date) -> None:
    person = factories.person()
    start_leave(person, kind="parental", on=today + timedelta(days=3), by=None)
    assert standing_on(person, today + timedelta(days=2)).status == Status.ACTIVE
    on_leave = standing_on(person, today + timedelta(days=3))
    assert (on_leave.status, on_leave.user.is_active) == (Status.ON_LEAVE, True)
    return_from_leave(person, on=today + timedelta(days=30), by=None)
    assert standing_on(person, today + timedelta(days=29)).status == Status.ON_LEAVE
    assert standing_on(person, today + timedelta(days=30)).status == Status.ACTIVE


def test_another_job_title_is_on_record(today: datetime.date) -> None:
    person, home = factories.person(), factories.affiliate()
    transfer(person, unit=home, on=today, job_title={"en": "Engineer"}, by=None)
    transfer(person, unit=home, on=today, job_title={"en": "Chief  engineer"}, by=None)
    event = AuditEvent.objects.get(action="employment.correct")
    assert (event.before["job_title"], event.after["job_title"]) == (
        {"en": "Engineer"},
        {"en": "Chief engineer"},
    )


def test_what_a_leaving_cancels_is_on_record(today: datetime.date) -> None:
    person, chemical = factories.person(), factories.affiliate("chemical")
    transfer(person, unit=chemical, on=today + timedelta(days=30), by=None)
    start_leave(person, kind="study", on=today + timedelta(days=10), by=None)
    leave_company(person, on=today + timedelta(days=5), by=None)
    cancelled = AuditEvent.objects.filter(subject=person.user, action__endswith=".cancel")
    assert [(event.action, event.before["starts_on"]) for event in cancelled.order_by("action")] == [
        ("employment.cancel", str(today + timedelta(days=30))),
        ("leave.cancel", str(today + timedelta(days=10))),
    ]
    assert person.employments.get().ends_on == today + timedelta(days=5)


def test_a_leaving_never_erases_a_job_that_has_begun(today: datetime.date) -> None:
    person, chemical = factories.person(), factories.affiliate("chemical")
    transfer(person, unit=chemical, on=today - timedelta(days=3), by=None)
    with pytest.raises(ValidationError, match="is on record") as refusal:
        leave_company(person, on=today - timedelta(days=10), by=None)
    assert list(refusal.value.message_dict) == ["on"]
    assert person.employments.count() == 2
    leave_company(person, on=today - timedelta(days=3), by=None)
    assert person.employments.get(unit=chemical).ends_on == today - timedelta(days=3)


def test_leaving_ends_access_and_a_rehire_opens_it_again(today: datetime.date) -> None:
    person = factories.person()
    leave_company(person, on=today, by=None)
    gone = standing_on(person, today + timedelta(days=1))
    assert (gone.status, gone.user.is_active, gone.unit) == (Status.LEFT, False, None)
    assert gone.affiliate == factories.affiliate()  # whose admins still find the person
    hire(person, unit=factories.affiliate("chemical"), on=today + timedelta(days=40), by=None)
    assert standing_on(person, today + timedelta(days=20)).status == Status.PLANNED
    back = standing_on(person, today + timedelta(days=40))
    assert (back.status, back.user.is_active) == (Status.ACTIVE, True)


def test_a_planned_transfer_can_be_taken_back(today: datetime.date) -> None:
    person = factories.person()
    planned = transfer(person, unit=factories.affiliate("chemical"), on=today + timedelta(days=5), by=None)
    cancel_planned(planned, by=None)
    assert person.employments.get().ends_on is None
    assert standing_on(person, today + timedelta(days=6)).affiliate == factories.affiliate()


def test_two_primary_employments_cross_nowhere(today: datetime.date) -> None:
    person, home = factories.person(), factories.affiliate()
    with pytest.raises(ValidationError) as refusal:
        hire(person, unit=home, on=today, by=None)
    assert list(refusal.value.message_dict) == ["on"]
    hire(person, unit=home, on=today, primary=False, by=None)
    with pytest.raises(IntegrityError, match="overlapping"), transaction.atomic():
        person.employments.update(primary=True)


@pytest.mark.parametrize(
    "case", ["partner", "cycle", "number", "before", "crossed", "leave twice", "not away"]
)
def test_what_cannot_be_is_refused_at_its_field(case: str, today: datetime.date) -> None:
    person, home = factories.person(), factories.affiliate()
    below = factories.person(manager=person)
    other = factories.person()
    hire(other, unit=home, on=today, number="7", primary=False, by=None)
    start_leave(other, kind="sick", on=today, by=None)
    cases: dict[str, tuple[str, Callable[[], object]]] = {
        "partner": ("person", lambda: hire(factories.partner(), unit=home, on=today, by=None)),
        "cycle": ("manager", lambda: transfer(person, unit=home, on=today, manager=below, by=None)),
        "number": ("number", lambda: transfer(person, unit=home, on=today, number="7", by=None)),
        "before": ("on", lambda: transfer(person, unit=home, on=datetime.date(1999, 1, 1), by=None)),
        "crossed": (
            "until",
            lambda: start_leave(person, kind="sick", on=today, until=today - timedelta(days=1), by=None),
        ),
        "leave twice": ("on", lambda: start_leave(other, kind="sick", on=today, by=None)),
        "not away": ("on", lambda: return_from_leave(person, on=today, by=None)),
    }
    field, change = cases[case]
    events = AuditEvent.objects.count()
    with pytest.raises(ValidationError) as refusal:
        change()
    assert list(refusal.value.message_dict) == [field]
    assert case == "partner" or AuditEvent.objects.count() == events  # nothing half-written


def test_an_admin_closes_an_account_whatever_the_employments_say(today: datetime.date) -> None:
    person, admin = factories.person(), factories.admin()
    suspend(person, reason="lost laptop", by=admin.user)
    assert not standing_on(person, today).user.is_active
    reinstate(person, by=admin.user)
    assert standing_on(person, today).user.is_active
    with pytest.raises(ValidationError, match="cannot deactivate yourself"):
        suspend(admin, reason="", by=admin.user)


@pytest.mark.parametrize(("first", "second"), [(5, 5), (5, 9), (9, 5)])
def test_two_plans_do_not_make_a_circle_of_managers(today: datetime.date, first: int, second: int) -> None:
    home, one, other = factories.affiliate(), factories.person(), factories.person()
    transfer(one, unit=home, on=today + timedelta(days=first), manager=other, by=None)
    with pytest.raises(ValidationError, match="reports to the person"):
        transfer(other, unit=home, on=today + timedelta(days=second), manager=one, by=None)


def test_a_manager_and_a_report_can_change_places(today: datetime.date) -> None:
    home, boss = factories.affiliate(), factories.person()
    report = factories.person(manager=boss)
    transfer(report, unit=home, on=today + timedelta(days=5), by=None)
    transfer(boss, unit=home, on=today + timedelta(days=5), manager=report, by=None)
    later = today + timedelta(days=5)
    assert standing_on(report, later).manager is None
    assert standing_on(boss, later).manager == report
