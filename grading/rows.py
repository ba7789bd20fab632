"""One line about an attempt or a test, as lists of every kind show it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from courses.models import Enrollment
from grading.models import Exercise, GradingJob, Submission, TestResult, reaches_cutoff

State = GradingJob.State


def own(exercise: Exercise, enrollment: Enrollment) -> Any:
    """A learner's attempts at an exercise, in whichever version of the course."""
    own = Submission.objects.filter(enrollment=enrollment, exercise__unit__key=exercise.unit.key)
    return own.select_related("job", "exercise").defer("job__raw_result").with_grade()


def submission_row(submission: Any, *, scored: bool = True) -> dict[str, Any]:
    """One line about a submission that was fetched `with_grade()`; unless `scored`, without its points."""
    grade = submission.grade if scored else None
    return {
        "number": submission.number,
        "received_at": submission.received_at,
        "state": submission.job.state,
        "state_label": submission.job.get_state_display(),
        "tone": _submission_tone(submission, grade),
        "score_label": f"{grade['final']:g} / {grade['max_points']:g}" if grade else "",
        "url": reverse("grading:submission", args=[submission.pk]),
    }


def _submission_tone(submission: Any, grade: dict[str, Any] | None) -> str:
    if submission.job.state == State.FAILED:
        return "bad"
    if not grade:
        return "wait"
    return "ok" if reaches_cutoff(grade["final"], grade["max_points"], submission.exercise.cutoff) else "due"


def tone(result: TestResult) -> str:
    if result.points is None:
        return "wait"
    if result.points >= result.max_points:
        return "ok"
    return "part" if result.points else "bad"
