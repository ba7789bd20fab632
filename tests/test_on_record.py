"""Every change is on record in the change's own transaction: both are there, or neither is."""

from __future__ import annotations

import datetime
import importlib
import inspect
import pkgutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import timezone

import courses.services
import grading.services
import people.services
from courses.models import CourseRun, Enrollment
from grading.models import GradingJob, Submission, TestResult
from grading.services import grades, submitting
from people.models import Employment, JobFamily, Leave, OrganizationUnit, Person, Role
from people.services import accounts, employments, jobs, notifications, reading, roles, standing, units
from people.services import people as persons
from records.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


class Scene:
    """Somebody who acts, somebody it is done to, and what the case asks for."""

    def __init__(self) -> None:
        self.by = factories.admin("group_admin").user
        self.person = factories.person("kim")
        self.home = factories.affiliate()
        self.group = OrganizationUnit.objects.get(code="group")
        self.other = factories.affiliate("chemical")
        self.today = self.home.today()

    @cached_property
    def run(self) -> CourseRun:
        return factories.course()

    @cached_property
    def enrollment(self) -> Enrollment:
        return factories.enrollment(self.run, self.person)

    @cached_property
    def submission(self) -> Submission:
        return factories.submit(self.enrollment, factories.answered(factories.adding()))

    @cached_property
    def answer(self) -> TestResult:
        GradingJob.objects.filter(pk=self.submission.job.pk).update(state="graded", raw_result={})
        return TestResult.objects.create(
            job=self.submission.job, position=1, name="why", max_points=5, by_hand=True
        )

    @cached_property
    def role(self) -> Role:
        return roles.give_role(self.person, kind="training_admin", unit=self.home, by=None)

    @cached_property
    def planned(self) -> Employment:
        return employments.transfer(self.person, unit=self.other, on=self.today + DAY, by=None)

    def newcomer(self) -> Person:
        return persons.create_person(name={"en": "New"}, by=None)

    def on_leave(self) -> None:
        employments.start_leave(self.person, kind="study", on=self.today - 3 * DAY, by=None)

    def second_job(self) -> Employment:
        return employments.hire(self.person, unit=self.other, on=self.today - DAY, primary=False, by=None)

    def planned_leave(self) -> Leave:
        return employments.start_leave(self.person, kind="study", on=self.today + DAY, by=None)

    def suspended(self) -> Person:
        persons.suspend(self.person, reason="", by=factories.admin().user)
        return self.person

    def hired_unnoticed(self) -> Person:
        """As somebody is whose first day came."""
        person = self.newcomer()
        Employment.objects.create(person=person, unit=self.home, starts_on=self.today)
        return standing.held(person)


Call = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """`prepare` sets the scene and returns the call; the event has this action and, with `of_person`, a subject."""

    action: str
    prepare: Callable[[Scene], Call]
    of_person: bool = True


def _leave(scene: Scene) -> Call:
    scene.on_leave()
    return partial(employments.return_from_leave, scene.person, on=scene.today, by=scene.by)


def _publish(scene: Scene) -> Call:
    draft = factories.course_draft()
    return partial(courses.services.import_course, draft, owner=scene.home, by=scene.by)


def _submit(scene: Scene) -> Call:
    data, taken = factories.answered(factories.adding()), scene.enrollment
    return partial(
        submitting.submit_attempt,
        factories.exercise_of(scene.run),
        enrollment=taken,
        data=data,
        idempotency_key=uuid.uuid4(),
        by=scene.by,
    )


def _submit_program(scene: Scene) -> Call:
    exercise = factories.program_in(scene.run.version)
    return partial(
        submitting.submit_program,
        exercise,
        enrollment=scene.enrollment,
        files={"program.py": "x = 1"},
        idempotency_key=uuid.uuid4(),
        by=scene.by,
    )


def _complete(scene: Scene) -> Call:
    unit = scene.run.version.units.get(key="lesson-1")
    return partial(courses.services.complete_unit, scene.enrollment, unit=unit, rule="read", by=scene.by)


def _grade(scene: Scene) -> Call:
    return partial(grades.record_grade, scene.answer.job.submission, by=scene.by)


NAME = {"en": "Changed"}
TITLE = {"en": "Engineers"}
CASES: dict[Callable[..., Any], Case] = {
    persons.create_person: Case(
        "person.create", lambda s: partial(persons.create_person, name=NAME, email="new@example.com", by=s.by)
    ),
    persons.update_person: Case(
        "person.update", lambda s: partial(persons.update_person, s.person, name=NAME, email="", by=s.by)
    ),
    persons.suspend: Case(
        "person.suspend", lambda s: partial(persons.suspend, s.person, reason="lost", by=s.by)
    ),
    persons.reinstate: Case("person.reinstate", lambda s: partial(persons.reinstate, s.suspended(), by=s.by)),
    employments.hire: Case(
        "employment.start",
        lambda s: partial(employments.hire, s.newcomer(), unit=s.home, on=s.today, number="K1", by=s.by),
    ),
    employments.transfer: Case(
        "employment.transfer",
        lambda s: partial(employments.transfer, s.person, unit=s.other, on=s.today, by=s.by),
    ),
    employments.leave_company: Case(
        "employment.end", lambda s: partial(employments.leave_company, s.person, on=s.today - DAY, by=s.by)
    ),
    employments.start_leave: Case(
        "leave.start",
        lambda s: partial(employments.start_leave, s.person, kind="sick", on=s.today, by=s.by),
    ),
    employments.return_from_leave: Case("leave.end", _leave),
    employments.cancel_planned: Case(
        "employment.cancel", lambda s: partial(employments.cancel_planned, s.planned, by=s.by)
    ),
    employments.hire_newcomer: Case(
        "employment.start",
        lambda s: partial(
            employments.hire_newcomer, name=NAME, email="n@example.com", unit=s.home, on=s.today, by=s.by
        ),
    ),
    employments.end_second_job: Case(
        "employment.end", lambda s: partial(employments.end_second_job, s.second_job(), on=s.today, by=s.by)
    ),
    employments.cancel_leaving: Case(
        "employment.stay",
        lambda s: partial(employments.cancel_leaving, factories.planned_leaver(at=s.home), by=s.by),
    ),
    employments.cancel_leave: Case(
        "leave.cancel", lambda s: partial(employments.cancel_leave, s.planned_leave(), by=s.by)
    ),
    persons.record_view: Case("person.view", lambda s: partial(persons.record_view, s.person, by=s.by)),
    accounts.change_password: Case(
        "account.change_password",
        lambda s: partial(accounts.change_password, s.person.user, "seven blue horses", by=s.by),
    ),
    accounts.issue_login_code: Case(
        "account.issue_code", lambda s: partial(accounts.issue_login_code, s.person.user, by=s.by)
    ),
    accounts.lift_lock: Case(
        "account.lift_lock", lambda s: partial(accounts.lift_lock, s.person.user, by=s.by)
    ),
    jobs.create_family: Case(
        "job_family.create",
        lambda s: partial(jobs.create_family, code="it", name=TITLE, by=s.by),
        of_person=False,
    ),
    jobs.create_job_role: Case(
        "job_role.create",
        lambda s: partial(jobs.create_job_role, family=_family(), code="dev", name=TITLE, by=s.by),
        of_person=False,
    ),
    jobs.rename_job: Case(
        "job_family.rename",
        lambda s: partial(jobs.rename_job, _family(), name=TITLE, by=s.by),
        of_person=False,
    ),
    standing.apply_standing: Case(
        "person.standing", lambda s: partial(standing.apply_standing, s.hired_unnoticed(), by=s.by)
    ),
    roles.give_role: Case(
        "role.give",
        lambda s: partial(roles.give_role, s.person, kind="operator", unit=s.group, by=s.by),
    ),
    roles.end_roles: Case("role.take", lambda s: partial(roles.end_roles, s.role.person, by=s.by)),
    roles.end_role_of_affiliate: Case(
        "role.take", lambda s: partial(roles.end_role_of_affiliate, s.role.person, s.home.pk, by=s.by)
    ),
    roles.take_role: Case("role.take", lambda s: partial(roles.take_role, s.role, by=s.by)),
    units.create_unit: Case(
        "unit.create",
        lambda s: partial(
            units.create_unit, kind="department", parent=s.home, code="lab", name=NAME, by=s.by
        ),
        of_person=False,
    ),
    units.update_unit: Case(
        "unit.update",
        lambda s: partial(units.update_unit, s.home, name=NAME, time_zone="UTC", locale="en", by=s.by),
        of_person=False,
    ),
    units.move_unit: Case(
        "unit.move",
        lambda s: partial(units.move_unit, _department(s), parent=s.other, by=s.by),
        of_person=False,
    ),
    notifications.choose_mail: Case(
        "person.choose_mail",
        lambda s: partial(notifications.choose_mail, s.person, choices={"roles": False}, by=s.by),
    ),
    courses.services.import_course: Case("course.publish", _publish, of_person=False),
    courses.services.enroll: Case(
        "enrollment.create",
        lambda s: partial(courses.services.enroll, s.person, course=s.run.course, by=s.by),
    ),
    courses.services.enroll_in_run: Case(
        "enrollment.create", lambda s: partial(courses.services.enroll_in_run, s.person, run=s.run, by=s.by)
    ),
    courses.services.complete_unit: Case("unit.complete", _complete),
    submitting.submit_attempt: Case("submission.create", _submit),
    submitting.submit_program: Case("submission.create", _submit_program),
    grades.record_grade: Case("grade.record", _grade),
    grades.grade_by_hand: Case(
        "result.grade_by_hand",
        lambda s: partial(grades.grade_by_hand, s.answer, points=3, comment="Well put.", by=s.by),
    ),
}


def _family() -> JobFamily:
    return jobs.create_family(code="it", name=NAME, by=None)


def _department(scene: Scene) -> OrganizationUnit:
    return units.create_unit(kind="department", parent=scene.home, code="lab", name=NAME, by=None)


def name_of(service: Callable[..., Any]) -> str:
    return f"{service.__module__}.{service.__name__}"


def rows() -> dict[str, list[Any]]:
    """Every row of ours, whole."""
    ours = [
        config
        for config in apps.get_app_configs()
        if config.name in {"records", "people", "courses", "grading"}
    ]
    models = [model for config in ours for model in config.get_models(include_auto_created=True)]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}  # noqa: SLF001


def undone(call: Call) -> None:
    """Call in a transaction that does something and fails at its end."""
    before = rows()
    with transaction.atomic():
        call()
        assert rows() != before
        transaction.set_rollback(True)


def services() -> Iterator[Callable[..., Any]]:
    """Every public function of the service modules that is told who acts."""
    for package in (people.services, courses.services, grading.services):
        below = [info.name for info in pkgutil.iter_modules(getattr(package, "__path__", ()))]
        for module in (package, *(importlib.import_module(f"{package.__name__}.{name}") for name in below)):
            for name, function in inspect.getmembers(module, inspect.isfunction):
                is_own = function.__module__ == module.__name__ and not name.startswith("_")
                if is_own and "by" in inspect.signature(function).parameters:
                    yield function


def test_every_service_that_is_told_who_acts_has_a_case_here() -> None:
    assert {name_of(service) for service in services()} == {name_of(service) for service in CASES}


@pytest.mark.parametrize("case", CASES.values(), ids=[name_of(service) for service in CASES])
def test_a_change_and_its_event_come_together_or_not_at_all(case: Case) -> None:
    scene = Scene()
    call = case.prepare(scene)
    before = rows()
    undone(call)
    assert rows() == before


@pytest.mark.parametrize("case", CASES.values(), ids=[name_of(service) for service in CASES])
def test_a_change_leaves_one_event_with_who_acted_and_whom_it_concerns(case: Case) -> None:
    scene = Scene()
    call = case.prepare(scene)
    start = timezone.now()
    call()
    events = AuditEvent.objects.filter(at__gte=start, action=case.action)
    [event] = events
    assert event.actor == scene.by
    assert (event.subject is not None) == case.of_person
    assert not AuditEvent.objects.filter(at__gte=start).exclude(actor=scene.by).exists()


def test_looking_at_the_log_is_on_record_and_rolls_back_too() -> None:
    scene = Scene()
    before = rows()
    undone(partial(reading.record_reading, scene.by, filters={}, about=scene.person.user))
    assert rows() == before
