"""Grades: appended from the results of the tests, and the points that a person gives."""

from __future__ import annotations

import math

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.services import complete_unit
from grading.models import Grade, Submission, TestResult, reaches_cutoff
from grading.services.telling import tell_graded
from people.models import User
from records.audit import audit


@transaction.atomic
def record_grade(submission: Submission, *, by: User | None) -> Grade:
    """Append the grade that the results of the tests add up to; `by` None is the grading engine.

    Tests that wait for a person count nothing yet, but stay in the maximum. A grade at or above the
    exercise's cutoff completes the unit.
    """
    Submission.objects.select_for_update().get(pk=submission.pk)  # two graders: one after the other
    results = list(TestResult.objects.filter(job__submission=submission))
    last = Grade.objects.filter(submission=submission, superseded_by=None).first()
    raw = math.fsum(result.points or 0 for result in results)
    grade = Grade.objects.create(
        submission=submission,
        supersedes=last,
        grader=by,
        raw=raw,
        final=raw,
        max_points=math.fsum(result.max_points for result in results),
        released_at=timezone.now(),
        mode=submission.job.mode,
        assurance=submission.job.assurance,
    )
    audit(
        "grade.record",
        grade,
        by=by,
        about=submission.enrollment.person.user,
        before={"final": last.final} if last else None,
        after={"final": grade.final, "submission": str(submission.pk), "mode": grade.mode},
    )
    exercise = submission.exercise
    if reaches_cutoff(grade.final, grade.max_points, exercise.cutoff):
        complete_unit(submission.enrollment, unit=exercise.unit, rule=f"cutoff {exercise.cutoff}", by=by)
    tell_graded(grade)
    return grade


@transaction.atomic
def grade_by_hand(result: TestResult, *, points: float, comment: str, by: User) -> Grade:
    """Give points and a comment to an answer that a person grades; a new grade supersedes the last.

    Raises ValidationError for points outside 0…max, and for a test that the engine grades.
    """
    if not result.by_hand:
        raise ValidationError(_("This test is graded automatically; its points cannot be set by hand."))
    if not 0 <= points <= result.max_points:
        raise ValidationError(
            _("Give between 0 and %(max)g points.") % {"max": result.max_points}, code="points_out_of_range"
        )
    Submission.objects.select_for_update().get(job=result.job_id)  # two graders: one after the other
    result.refresh_from_db()
    before = {"points": result.points, "comment": result.comment}
    result.points, result.comment, result.reason = points, comment, ""
    result.save(update_fields=["points", "comment", "reason", "updated_at"])
    submission = result.job.submission
    audit(
        "result.grade_by_hand",
        result,
        by=by,
        about=submission.enrollment.person.user,
        before=before,
        after={"points": points, "comment": comment},
    )
    return record_grade(submission, by=by)
