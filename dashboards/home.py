"""The page an employee opens first: where to go on, what waits, what is new."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.urls import reverse
from django.utils.translation import gettext as _

from courses.covers import art_svg, cover_svg
from courses.kinds import kind_of
from courses.models import Course, Enrollment
from courses.outline import unit_url
from courses.progress import Progress, progress_of
from dashboards.duties import duties_of
from grading import feedback
from grading.desk import runs_taught_by
from grading.models import GradingJob, Submission
from grading.rows import submission_row
from people.models import User
from people.reach import reach_of

_SHOWN, _OFFERED = 5, 6


def home_context(user: User) -> dict[str, Any]:
    progress = progress_of(_touched_last_first(user))
    taken = [enrollment.run.course_id for enrollment in progress]
    available = Course.objects.takeable_by(user).open()
    available = available.exclude(pk__in=taken).select_related("owner")
    return {
        "resume": _resume(progress),
        "cards": [_card(enrollment, state) for enrollment, state in progress.items()],
        "available": [_offer(course) for course in available.order_by("-id")[:_OFFERED]],
        "todo": _todo(user),
        # Who teaches nothing is not asked what: the frame knows already.
        "teaching": runs_taught_by(user) if reach_of(user).more.get("teaches") else [],
        # Called by the page behind its menus, which have asked already how far the person reaches.
        "duties": partial(duties_of, user),
    }


def _touched_last_first(user: User) -> QuerySet[Enrollment]:
    """The person's enrollments by when they last enrolled, completed a unit or handed something in."""
    newest = Submission.objects.filter(enrollment=OuterRef("pk")).order_by("-received_at")
    touched = (
        Enrollment.objects.visible_to(user)
        .active()
        .with_last_completion()
        .with_completed()
        .annotate(last_submitted_at=Subquery(newest.values("received_at")[:1]))
    )
    # PostgreSQL's GREATEST passes over what is NULL.
    order = Greatest("last_completed_at", "last_submitted_at", "created_at").desc()
    return touched.select_related("run__course__owner").order_by(order)


def _resume(progress: dict[Enrollment, Progress]) -> dict[str, Any] | None:
    """The first unit that is not completed, of the course touched last."""
    for enrollment, state in progress.items():
        unit, course = state.next_unit, enrollment.run.course
        if unit is not None:
            return {
                "course": course,
                "unit": unit,
                "unit_title": unit.title,
                "kind_label": kind_of(unit).label,
                "icon": kind_of(unit).icon,
                "minutes": unit.minutes,
                "percent": state.percent,
                "url": unit_url(course, unit),
                "art": art_svg(course.slug),
                "course_url": reverse("courses:course", args=[course.slug]),
            }
    return None


def _card(enrollment: Enrollment, state: Progress) -> dict[str, Any]:
    course = enrollment.run.course
    return {
        "course": course,
        "percent": state.percent,
        "done": state.done,
        "total": len(state.units),
        "minutes_left": state.minutes_left,
        "url": reverse("courses:course", args=[course.slug]),
        "cover": cover_svg(course.slug),
    }


def _offer(course: Course) -> dict[str, Any]:
    return {
        "course": course,
        "url": reverse("courses:course", args=[course.slug]),
        "cover": cover_svg(course.slug),
        "hours": course.hours,
    }


def _todo(user: User) -> list[dict[str, Any]]:
    """The best attempt of each exercise, latest first, and those that are on their way."""
    own = Submission.objects.handed_in_by(user)
    shown = own.filter(Q(pk__in=own.best_of_each().values("pk")) | Q(job__state__in=GradingJob.OPEN))
    latest = shown.select_related("job", "exercise__unit", "enrollment__run")
    latest = latest.defer("job__raw_result").with_grade()
    return [_todo_row(submission) for submission in latest.order_by("-received_at")[:_SHOWN]]


def _todo_row(submission: Submission) -> dict[str, Any]:
    level = feedback.level(submission.exercise.feedback, submission.enrollment.run)
    row = submission_row(submission, scored=feedback.tells(level, feedback.POINTS))
    details: dict[str, str] = {
        GradingJob.State.GRADED: _("Graded"),
        GradingJob.State.FAILED: _("Our fault, no attempt used"),
    }
    return {
        "title": submission.exercise.unit.title,
        "detail": details.get(submission.job.state, _("Being graded")),
        "chip": row["score_label"] or row["state_label"],
        "tone": row["tone"],
        "received_at": submission.received_at,
        "url": row["url"],
    }
