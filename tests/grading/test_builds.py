"""Builds of environments: which one an exercise runs in, which are used, which are missing."""

from __future__ import annotations

import datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from courses.models import CourseRun
from grading import queue, work
from grading.models import Exercise, GradingJob
from people.models import Role
from sandbox import environments
from tests.factories import adding, admin, answered, course, enrollment, exercise_of, person, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CourseRun:
    """A course whose exercises run in `tiny`, which is built."""
    monkeypatch.setattr(environments, "SOURCES", tmp_path / "environments")
    monkeypatch.setattr(environments, "BUILT", tmp_path / "built")
    (tmp_path / "environments" / "tiny").mkdir(parents=True)
    lock("# one")
    environments.build("tiny")
    return course(adding(environment="tiny"))


def lock(text: str) -> None:
    for name in ("requirements.in", "requirements.lock"):
        (environments.SOURCES / "tiny" / name).write_text(f"{text}\n", encoding="utf-8")


def close(run: CourseRun) -> None:
    run.opens_at = timezone.now() - datetime.timedelta(days=9)
    run.closes_at = timezone.now() - datetime.timedelta(days=1)
    run.save(update_fields=["opens_at", "closes_at"])


def listed(*words: str) -> list[str]:
    output = StringIO()
    call_command("environments", *words, stdout=output)
    return output.getvalue().splitlines()


def test_an_exercise_keeps_the_build_it_was_published_with_while_that_is_there(run: CourseRun) -> None:
    published = environments.find("tiny")
    lock("# two")
    newer = environments.build("tiny")
    exercise = exercise_of(run)
    assert environments.find(exercise.environment, exercise.environment_digest) == published
    environments.remove(published)
    assert environments.find(exercise.environment, exercise.environment_digest) == newer


def test_a_build_that_an_open_run_uses_is_not_removed(run: CourseRun) -> None:
    older = environments.find("tiny").path.name
    lock("# two")
    newer = environments.build("tiny").path.name
    assert [line.split()[0] for line in listed()] == [older, newer]
    assert ["used by 1 exercises" in line for line in listed()] == [True, False]
    with pytest.raises(CommandError, match="1 exercises use tiny-"):
        listed("--remove", older)
    assert listed("--remove", newer)[0].startswith(f"{newer} is removed; ")
    assert [line.split()[0] for line in listed()] == [older, "tiny"]


def test_a_run_that_is_over_needs_its_build_no_more_once_the_course_has_moved_on(run: CourseRun) -> None:
    older = environments.find("tiny").path.name
    close(run)
    with pytest.raises(CommandError, match="1 exercises use"):  # of the course's newest version
        listed("--remove", older)
    run.course.versions.create(number=9, content_hash="x", status="published")
    assert "is removed" in listed("--remove", older)[0]


def test_a_submission_on_its_way_holds_the_build(run: CourseRun) -> None:
    submit(enrollment(run), answered(adding(environment="tiny")))
    close(run)
    run.course.versions.create(number=9, content_hash="x", status="published")
    assert Exercise.objects.in_use().count() == 1
    GradingJob.objects.update(state="graded", raw_result={})
    assert not Exercise.objects.in_use().exists()


def test_what_is_no_build_cannot_be_removed(run: CourseRun) -> None:
    for name in ("tiny-000000000000", "../environments", "tiny"):
        with pytest.raises(CommandError, match="no build"):
            listed("--remove", name)


def test_a_missing_environment_is_listed_with_its_command_and_what_waits(run: CourseRun) -> None:
    environments.remove(environments.find("tiny"))
    submit(enrollment(run), answered(adding(environment="tiny")))
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    job.refresh_from_db()
    assert (job.state, job.faults, job.missing_environment) == ("queued", 0, "tiny")
    (line,) = listed()
    assert "python -m sandbox build tiny" in line
    assert "(1 exercises, 1 submissions wait)" in line


def test_an_operator_reads_it_on_a_page(
    run: CourseRun, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    built = environments.find("tiny")
    lock("# two")
    operator = Client(headers={"accept-language": "en"})
    operator.force_login(admin(Role.Kind.OPERATOR).user)
    with django_assert_max_num_queries(8):
        page = operator.get("/environments/").content.decode()
    assert built.digest in page
    assert "python -m sandbox build tiny" in page
    assert "1 exercise uses it" in page


def test_nobody_else_does(run: CourseRun) -> None:
    learner = Client()
    learner.force_login(person(at=run.course.owner).user)
    assert learner.get("/environments/").status_code == 403
