from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from courses.models import CourseRole, Enrollment
from courses.services import complete_unit
from dashboards.home import home_context
from people.models import Role
from tests.factories import (
    adding,
    admin,
    affiliate,
    answered,
    course,
    enrollment,
    exercise_of,
    person,
    submit,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken() -> list[Enrollment]:
    """Two courses: "first", and "second", which was enrolled in later."""
    learner = person()
    return [enrollment(course(slug=slug), learner) for slug in ("first", "second")]


def resumed(taken: list[Enrollment]) -> str:
    slug: str = home_context(taken[0].person.user)["resume"]["course"].slug
    return slug


def test_the_course_enrolled_in_last_goes_on_while_nothing_is_done(taken: list[Enrollment]) -> None:
    assert resumed(taken) == "second"


def test_the_course_goes_on_in_which_a_unit_was_completed_last(taken: list[Enrollment]) -> None:
    unit = taken[0].run.version.units.get(key="lesson-1")
    complete_unit(taken[0], unit=unit, rule="read", by=None)
    assert resumed(taken) == "first"


def test_the_course_goes_on_in_which_something_was_handed_in_last(taken: list[Enrollment]) -> None:
    unit = taken[1].run.version.units.get(key="lesson-1")
    complete_unit(taken[1], unit=unit, rule="read", by=None)
    assert exercise_of(taken[0].run)
    submit(taken[0], answered(adding()))
    assert resumed(taken) == "first"


def test_an_old_completion_does_not_outweigh_a_new_enrollment(taken: list[Enrollment]) -> None:
    unit = taken[0].run.version.units.get(key="lesson-1")
    done = complete_unit(taken[0], unit=unit, rule="read", by=None)
    done.completed_at = timezone.now() - datetime.timedelta(days=30)
    done.save(update_fields=["completed_at"])
    assert resumed(taken) == "second"


def test_an_untouched_course_is_started_and_a_touched_one_goes_on(client: Client) -> None:
    alone = enrollment(course())
    client.force_login(alone.person.user)
    page = client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Start · 5 min" in page
    assert "where you stopped" not in page
    client.post("/courses/adding-up/units/lesson-1/complete/")
    page = client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Go on · 5 min" in page
    assert "where you stopped" in page


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("taught", [0, 1, 3])
def test_home_asks_six_questions_for_a_learner_and_one_more_for_a_teacher(
    client: Client, number: int, taught: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    learner = person()
    for item in range(number):
        course(slug=f"open-{item}")
        mine = enrollment(course(slug=f"mine-{item}"), learner)
        submit(mine, answered(adding()))
    for item in range(taught):
        CourseRole.objects.create(person=learner, kind="instructor", run=course(slug=f"taught-{item}"))
    client.force_login(learner.user)
    with django_assert_num_queries(7 if taught else 6):
        page = client.get("/").content.decode()
    assert page.count('href="/courses/open-') == number
    assert page.count("/grades/") == taught


@pytest.mark.parametrize("number", [1, 3])
def test_whoever_leads_and_administers_people_finds_them_first(
    client: Client, number: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    leader = admin(Role.Kind.GROUP_ADMIN)
    for _turn in range(number):
        person(manager=leader)
    client.force_login(leader.user)
    with django_assert_max_num_queries(8):
        page = client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Direct reports" in page
    assert page.count('class="person"') == number
    assert "status=on_leave" in page


@pytest.mark.parametrize("number", [1, 3])
def test_home_asks_eight_questions_at_most_of_whoever_learns_teaches_leads_and_administers(
    client: Client, number: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    everything = admin(Role.Kind.GROUP_ADMIN)
    for item in range(number):
        person(manager=everything)
        submit(enrollment(course(slug=f"mine-{item}"), everything), answered(adding()))
        CourseRole.objects.create(person=everything, kind="instructor", run=course(slug=f"taught-{item}"))
    client.force_login(everything.user)
    with django_assert_max_num_queries(8):
        page = client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert page.count('class="person"') == number
    assert page.count("/grades/") == number
    assert "status=on_leave" in page


def test_whoever_leads_nobody_is_shown_nobody(client: Client) -> None:
    client.force_login(person().user)
    page = client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Direct reports" not in page
    assert "status=on_leave" not in page


def test_only_what_somebody_can_enroll_in_is_open_to_them() -> None:
    learner, boss = person(), admin("group_admin", at=affiliate("chemical"))
    course(slug="now").course.open_to.set([affiliate()])
    over = course(slug="over")
    over.closes_at = timezone.now()
    over.save()
    assert [card["course"].slug for card in home_context(learner.user)["available"]] == ["now"]
    assert home_context(boss.user)["available"] == []
