from __future__ import annotations

import hashlib
import threading
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from courses.models import Enrollment, UnitCompletion
from grading import notebook, queue, work
from grading.models import Exercise, Grade, GradingJob, Submission, TestResult
from grading.services.finishing import finish_job
from grading.services.grades import grade_by_hand
from records import artifacts
from records.models import AuditEvent
from tests.factories import (
    adding,
    answered,
    course,
    enrollment,
    instructor,
    person,
    solution,
    source_notebook,
    submit,
    test_cell,
)

pytestmark = pytest.mark.django_db
RIGHT = "def add(a, b):\n    return a + b"
HALF = "def add(a, b):\n    return abs(a) + abs(b)"


@pytest.fixture
def taken() -> Enrollment:
    return enrollment(course(adding(messages={"test-add-hidden": "Try negative numbers."}, max_attempts=2)))


def rested(job: GradingJob) -> None:
    """The pause after a fault is over."""
    GradingJob.objects.filter(pk=job.pk).update(claimable_at=timezone.now())


def graded(taken: Enrollment, **answers: str) -> Submission:
    """Submit, run in the real sandbox and finish, as the worker does."""
    submission = submit(taken, answered(adding(), **answers))
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    finish_job(str(job.pk))
    return Submission.objects.select_related("job").get(pk=submission.pk)


@pytest.mark.sandbox
def test_a_right_answer_earns_all_automatic_points(taken: Enrollment) -> None:
    submission = graded(taken, add=RIGHT, why="So.")
    assert submission.job.state == GradingJob.State.GRADED
    assert [(r.name, r.points) for r in submission.job.results.all()] == [
        ("test-add", 2),
        ("test-add-hidden", 3),
        ("why", None),
    ]
    grade = submission.current_grade
    assert grade is not None
    assert (grade.final, grade.max_points, grade.grader) == (5, 10, None)


THIEF = """
import linecache, sys
def add(a, b):
    frame = sys._getframe(1)
    raise AssertionError("".join(linecache.getlines(frame.f_code.co_filename)))
"""


VISIBLE = "assert add(1, 2) == 3, 'one and two make three'"
HIDDEN = "### BEGIN HIDDEN TESTS\nassert add(-1, 1) == 0, 'secret'\n### END HIDDEN TESTS"
BOTH = source_notebook(solution("add"), test_cell("both", f"{VISIBLE}\n{HIDDEN}", 1))


def result_of(answer: str, mode: str) -> TestResult:
    """The one test of `BOTH`, graded in a mode that its author wants."""
    taken = enrollment(course(BOTH, slug="thief"))
    Exercise.objects.update(mode=mode)
    submit(taken, answered(BOTH, add=answer))
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    finish_job(str(job.pk))
    return job.results.get(name="both")


@pytest.mark.sandbox
def test_a_stolen_hidden_test_is_not_shown_as_an_error() -> None:
    stolen = result_of(THIEF, "same_process")
    assert (stolen.hidden, stolen.message, stolen.points) == (True, "", 0)


@pytest.mark.sandbox
def test_apart_from_the_tests_there_is_no_hidden_test_to_steal() -> None:
    stolen = result_of(THIEF, "split")
    assert stolen.points == 0
    assert "secret" not in stolen.message + stolen.output


@pytest.mark.sandbox
@pytest.mark.parametrize("mode", ["same_process", "split"])
def test_a_hidden_test_does_not_leave_as_the_name_of_an_exception(mode: str) -> None:
    stolen = result_of(f"def add(a, b):\n    raise type({HIDDEN!r}, (Exception,), {{}})()", mode)
    assert stolen.points == 0
    assert "secret" not in stolen.message
    if mode == "same_process":
        assert (stolen.hidden, stolen.message) == (True, "")


@pytest.mark.sandbox
def test_a_failed_hidden_test_keeps_its_words(taken: Enrollment) -> None:
    submission = graded(taken, add=HALF)
    failed = submission.job.results.get(name="test-add-hidden")
    assert (failed.points, failed.hidden, failed.message, failed.output) == (0, True, "", "")
    assert submission.job.results.get(name="why").reason == "no_response"


@pytest.mark.sandbox
def test_points_by_hand_supersede_the_grade_and_complete_the_unit(taken: Enrollment) -> None:
    teacher = instructor(taken.run)
    submission = graded(taken, add=RIGHT, why="Because.")
    assert not UnitCompletion.objects.filter(enrollment=taken).exists()
    essay = submission.job.results.get(name="why")
    grade_by_hand(essay, points=1, comment="Short.", by=teacher.user)
    grade_by_hand(essay, points=0.5, comment="Too short.", by=teacher.user)
    current = Submission.objects.get(pk=submission.pk).current_grade
    assert current is not None
    assert (current.final, current.grader) == (5.5, teacher.user)
    assert Grade.objects.filter(submission=submission).count() == 3
    assert (
        UnitCompletion.objects.get(enrollment=taken).unit_key == "adding"
    )  # sticky: 6 points once reached it
    assert AuditEvent.objects.filter(action="result.grade_by_hand", actor=teacher.user).count() == 2


@pytest.mark.sandbox
@pytest.mark.parametrize("points", [-1, 5.1, float("nan"), float("inf")])
def test_points_by_hand_stay_within_bounds(taken: Enrollment, points: float) -> None:
    submission = graded(taken, add=RIGHT, why="Because.")
    with pytest.raises(ValidationError):
        grade_by_hand(submission.job.results.get(name="why"), points=points, comment="", by=person().user)


@pytest.mark.sandbox
def test_a_hint_that_comes_twice_grades_once(taken: Enrollment) -> None:
    submission = graded(taken, add=RIGHT)
    finish_job(str(submission.job.pk))
    assert Grade.objects.filter(submission=submission).count() == 1


def test_the_same_click_twice_answers_with_the_same_submission(taken: Enrollment) -> None:
    key, data = uuid.uuid4(), answered(adding())
    assert submit(taken, data, key) == submit(taken, data, key)
    assert Submission.objects.count() == 1


def test_another_answer_under_a_used_key_is_not_lost(taken: Enrollment) -> None:
    """Somebody submits, presses Back, mends the answer and submits again: the page still has its old key."""
    key = uuid.uuid4()
    submit(taken, answered(adding()), key)
    assert submit(taken, answered(adding(), add="x = 1"), key).number == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_click_on_the_last_attempt_is_one_submission() -> None:
    last = enrollment(course(adding(max_attempts=1)))
    key, data, found, start = uuid.uuid4(), answered(adding()), [], threading.Barrier(2)

    def click() -> None:
        start.wait()
        found.append(submit(last, data, key).pk)
        connection.close()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(found) == 2
    assert len(set(found)) == 1


def test_a_closed_run_and_a_withdrawn_learner_submit_nothing(taken: Enrollment) -> None:
    run = taken.run
    run.closes_at = timezone.now()
    run.save()
    with pytest.raises(ValidationError, match="closed for you"):
        submit(taken, answered(adding()))
    run.closes_at = None
    run.save()
    Enrollment.objects.filter(pk=taken.pk).update(status=Enrollment.Status.WITHDRAWN)
    with pytest.raises(ValidationError, match="closed for you"):
        submit(taken, answered(adding()))
    assert not Submission.objects.exists()


def test_attempts_are_counted_and_end(taken: Enrollment) -> None:
    submit(taken, answered(adding()))
    submit(taken, answered(adding()))
    with pytest.raises(ValidationError, match="All attempts"):
        submit(taken, answered(adding()))


def test_a_file_that_is_refused_for_its_attempt_is_not_kept(taken: Enrollment) -> None:
    key, data = uuid.uuid4(), answered(adding())
    first = submit(taken, data, key)
    submit(taken, answered(adding()))
    refused = answered(adding(), add=f"def add(a, b):\n    return {uuid.uuid4().int}")
    with pytest.raises(ValidationError, match="All attempts"):
        submit(taken, refused)
    with pytest.raises(FileNotFoundError):
        artifacts.read(hashlib.sha256(refused).hexdigest())
    assert submit(taken, data, key) == first


def test_a_fault_of_ours_gives_the_attempt_back(taken: Enrollment) -> None:
    submit(taken, answered(adding()))
    for _ in range(queue.MAX_FAULTS):
        job = queue.claim("cpu")
        assert job is not None
        queue.count_fault(job, failure="broken")
        rested(job)
    assert Submission.objects.counted().count() == 0
    assert [submit(taken, answered(adding())).number for _ in range(2)] == [2, 3]


def test_what_is_refused_uses_no_attempt(taken: Enrollment) -> None:
    with pytest.raises(notebook.NotebookRefused):
        submit(taken, b"{")
    assert not Submission.objects.exists()


def test_a_result_that_cannot_be_read_is_our_fault(taken: Enrollment) -> None:
    submission = submit(taken, answered(adding()))
    job = queue.claim("cpu")
    assert job is not None
    queue.store_result(job, {"nonsense": True}, environment_digest="")
    for _ in range(queue.MAX_FAULTS):
        finish_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.faults) == (GradingJob.State.FAILED, 3)
    assert Submission.objects.get(pk=submission.pk).current_grade is None


def test_a_job_whose_environment_this_host_lacks_waits_for_another_host(taken: Enrollment) -> None:
    submission = submit(taken, answered(adding()))
    type(submission.exercise).objects.update(environment="no-such-environment")
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    job.refresh_from_db()
    assert (job.state, job.faults) == (GradingJob.State.QUEUED, 0)
    assert "no-such-environment" in job.failure
    assert queue.claim("cpu") is None  # it rests, and does not stand in the way of others
