"""What learners are told about their attempts, and instructors about answers that wait."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import CourseRole
from grading import feedback
from grading.models import Grade, Submission, TestResult
from people.models import Person
from people.notification_kinds import NotificationKind
from people.services.notifications import notify

GRADES, FAULTS, DESK, BROKEN = "grades", "faults", "desk", "broken"
KINDS = (
    NotificationKind(GRADES, gettext_lazy("Grades of your attempts"), "clipboard-check"),
    NotificationKind(FAULTS, gettext_lazy("Attempts that we could not grade"), "circle-alert"),
    NotificationKind(DESK, gettext_lazy("Answers that wait for you as an instructor"), "hourglass"),
    NotificationKind(BROKEN, gettext_lazy("Exercises you teach that are broken"), "file-warning"),
)


def page_of(submission: Submission) -> str:
    return reverse("grading:submission", args=[submission.pk])


def tell_graded(grade: Grade) -> None:
    """A grade by hand is told when no other answer of the attempt waits; the engine's own ones in the site only."""
    submission = grade.submission
    waits = TestResult.objects.filter(job__submission=submission, by_hand=True, points=None).exists()
    if grade.grader_id is None:
        _tell_grade(grade, mail=False)
        if waits:
            tell_instructors(submission)
    elif not waits:
        _tell_grade(grade, mail=True)


def _tell_grade(grade: Grade, *, mail: bool) -> None:
    submission = grade.submission
    level = feedback.level(submission.exercise.feedback, submission.enrollment.run)
    if not feedback.tells(level, feedback.POINTS):
        return

    def text() -> str:
        words = _("“%(exercise)s”, attempt %(number)d, has a grade: %(points)s of %(max)s points.")
        if grade.supersedes_id is not None:
            words = _("The grade of “%(exercise)s”, attempt %(number)d, is now %(points)s of %(max)s points.")
        return words % {
            "exercise": submission.exercise,
            "number": submission.number,
            "points": localize(_plain(grade.final)),
            "max": localize(_plain(grade.max_points)),
        }

    notify(
        submission.enrollment.person,
        kind=GRADES,
        key=f"grade:{grade.pk}",
        text=text,
        url=page_of(submission),
        mail=mail,
    )


def _plain(points: float) -> float | int:
    """Points as people write them: 7, not 7.0; 7.33, not 7.333333333."""
    rounded = round(points, 2)
    return int(rounded) if rounded.is_integer() else rounded


def tell_failed(submission: Submission) -> None:
    def text() -> str:
        words = _(
            "We could not grade “%(exercise)s”, attempt %(number)d: a fault of ours, which uses up no attempt. "
            "Please submit it again."
        )
        return words % {"exercise": submission.exercise, "number": submission.number}

    notify(
        submission.enrollment.person,
        kind=FAULTS,
        key=f"failed:{submission.pk}",
        text=text,
        url=page_of(submission),
    )


def tell_broken(submission: Submission) -> None:
    """The learner, that they lost nothing; each instructor once a day and exercise, that it must be mended."""

    def to_learner() -> str:
        words = _(
            "“%(exercise)s” has a fault of its own, so attempt %(number)d could not be graded and was not used "
            "up. Its instructors know."
        )
        return words % {"exercise": submission.exercise, "number": submission.number}

    def to_crew() -> str:
        words = _("The check of “%(exercise)s” is broken: nobody's attempt can be graded until it is mended.")
        return words % {"exercise": submission.exercise}

    url, person = page_of(submission), submission.enrollment.person
    notify(person, kind=FAULTS, key=f"failed:{submission.pk}", text=to_learner, url=url)
    for member in _crew(submission):
        key = f"broken:{submission.exercise_id}:{member.pk}:{_today(submission)}"
        notify(member, kind=BROKEN, key=key, text=to_crew, url=url)


def tell_instructors(submission: Submission) -> None:
    """Each instructor once a day and run, however many answers come in."""
    run = submission.enrollment.run

    def text() -> str:
        return _("Answers in “%(course)s” wait for your points.") % {"course": run.course}

    for person in _crew(submission):
        notify(
            person,
            kind=DESK,
            key=f"answers:{run.pk}:{person.pk}:{_today(submission)}",
            text=text,
            url=reverse("grading:grades", args=[run.pk]),
        )


def _crew(submission: Submission) -> Iterable[Person]:
    """Who teaches the attempt's run, but for its own author."""
    run = submission.enrollment.run
    roles = CourseRole.objects.filter(Q(run=run) | Q(course=run.course_id))
    crew = Person.objects.filter(course_roles__in=roles).exclude(pk=submission.enrollment.person_id)
    return crew.select_related("user", "affiliate").distinct()


def _today(submission: Submission) -> datetime.date:
    return timezone.localdate(timezone=zoneinfo.ZoneInfo(submission.enrollment.run.time_zone))
