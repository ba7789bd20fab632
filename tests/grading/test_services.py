from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError

from courses.models import Enrollment, UnitCompletion
from grading import notebook, queue, work
from grading.models import Grade, GradingJob, Submission
from grading.services.finishing import finish_job
from grading.services.grades import grade_by_hand
from grading.services.submitting import attempts_left
from records.models import AuditEvent
from tests.factories import adding, answered, course, enrollment, exercise_of, instructor, person, submit

pytestmark = pytest.mark.django_db
RIGHT = "def add(a, b):\n    return a + b"
HALF = "def add(a, b):\n    return abs(a) + abs(b)"


@pytest.fixture
def taken() -> Enrollment:
    return enrollment(course(adding(messages={"test-add-hidden": "Try negative numbers."}, max_attempts=2)))


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


def test_the_same_key_answers_with_the_same_submission(taken: Enrollment) -> None:
    key = uuid.uuid4()
    first = submit(taken, answered(adding()), key)
    assert submit(taken, answered(adding(), add="x = 1"), key) == first
    assert Submission.objects.count() == 1


def test_attempts_are_counted_and_end(taken: Enrollment) -> None:
    exercise = exercise_of(taken.run)
    submit(taken, answered(adding()))
    assert attempts_left(exercise, taken) == 1
    submit(taken, answered(adding()))
    with pytest.raises(ValidationError, match="All attempts"):
        submit(taken, answered(adding()))


def test_a_fault_of_ours_gives_the_attempt_back(taken: Enrollment) -> None:
    submission = submit(taken, answered(adding()))
    for _ in range(queue.MAX_FAULTS):
        job = queue.claim("cpu")
        assert job is not None
        queue.count_fault(job, failure="broken")
    assert attempts_left(submission.exercise, taken) == 2


def test_what_is_refused_uses_no_attempt(taken: Enrollment) -> None:
    with pytest.raises(notebook.NotebookRefused):
        submit(taken, b"{")
    assert attempts_left(exercise_of(taken.run), taken) == 2
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


def test_an_environment_that_is_missing_is_our_fault(taken: Enrollment) -> None:
    submission = submit(taken, answered(adding()))
    type(submission.exercise).objects.update(environment="no-such-environment")
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    job.refresh_from_db()
    assert (job.state, job.faults) == (GradingJob.State.QUEUED, 1)
    assert "no-such-environment" in job.failure
