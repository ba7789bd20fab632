"""Enrolling and completing: who is in which run, and what is written down about it."""

from __future__ import annotations

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from courses.models import CourseRun, Enrollment, UnitCompletion
from courses.progress import progress_of
from courses.services import complete_unit, enroll, enroll_in_run
from people.models import Person
from records.models import AuditEvent
from tests.factories import course, enrollment, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> CourseRun:
    return course(lessons=2)


def newer_run(run: CourseRun) -> CourseRun:
    return CourseRun.objects.create(course=run.course, version=run.version, opens_at=timezone.now())


def end(run: CourseRun) -> None:
    run.closes_at = run.opens_at + datetime.timedelta(microseconds=1)
    run.save(update_fields=["closes_at"])


def client_of(who: Person) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(who.user)
    return client


def test_the_newest_open_run_is_taken(run: CourseRun) -> None:
    newer, learner = newer_run(run), person()
    assert enroll(learner, course=run.course, by=learner.user).run == newer


def test_a_newer_run_leaves_the_learner_and_their_progress_where_they_are(run: CourseRun) -> None:
    taken = enrollment(run)
    client = client_of(taken.person)
    client.post("/courses/adding-up/units/lesson-1/complete/")
    newer_run(run)
    client.post("/courses/adding-up/enroll/")
    assert Enrollment.objects.get() == taken
    assert "33%" in client.get("/courses/adding-up/").content.decode()


def test_the_page_of_a_course_without_an_open_run_offers_no_enrolling(run: CourseRun) -> None:
    client = client_of(person())
    assert "/courses/adding-up/enroll/" in client.get("/courses/adding-up/").content.decode()
    end(run)
    page = client.get("/courses/adding-up/").content.decode()
    assert "/courses/adding-up/enroll/" not in page
    assert "No run is open now" in page


def test_a_course_without_an_open_run_says_so(run: CourseRun) -> None:
    end(run)
    learner = person()
    answer = client_of(learner).post("/courses/adding-up/enroll/", follow=True)
    assert answer.status_code == 200
    assert "No run of this course is open now" in answer.content.decode()
    with pytest.raises(ValidationError):
        enroll_in_run(learner, run=run, by=learner.user)


def test_a_given_run_is_taken_once(run: CourseRun) -> None:
    newer_run(run)
    learner = person()
    first, second = (enroll_in_run(learner, run=run, by=learner.user) for _ in range(2))
    assert first == second
    assert first.run == run


def test_a_completion_is_written_down_once_with_who_made_it(run: CourseRun) -> None:
    taken, unit = enrollment(run), run.version.units.get(key="lesson-1")
    for _ in range(2):
        completion = complete_unit(taken, unit=unit, rule="read", by=taken.person.user)
    event = AuditEvent.objects.get(action="unit.complete")
    assert (event.actor, event.object_id) == (taken.person.user, completion.pk)
    assert event.after == {"enrollment": str(taken.pk), "unit": "lesson-1", "rule": "read"}


def test_reading_leads_to_the_next_unit(run: CourseRun) -> None:
    taken = enrollment(run)
    address = "/courses/adding-up/units/{}/"
    answer = client_of(taken.person).post(address.format("lesson-2") + "complete/")
    assert answer["Location"] == address.format("adding")
    assert progress_of(Enrollment.objects.with_completed())[taken].done == 1


def test_an_exercise_is_not_completed_by_a_press(run: CourseRun) -> None:
    taken = enrollment(run)
    answer = client_of(taken.person).post("/courses/adding-up/units/adding/complete/")
    assert answer.status_code == 404
    assert not UnitCompletion.objects.exists()
