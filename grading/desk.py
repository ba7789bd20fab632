"""What instructors see: the runs they teach, the table of grades, and the answers that wait for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import get_language

from courses.models import CourseRun, Enrollment, Unit
from courses.progress import Progress, progress_of
from grading import notebook, pages, rows
from grading.forms import HandGradeForm
from grading.models import Exercise, GradingJob, Submission, TestResult
from people.models import User
from records import artifacts

# nbgrader's own region marks: of no use to a reader.
_MARKER = re.compile(r"###\s*(BEGIN|END)\s")


_ATTEMPT = ("job__submission__exercise__unit",)
# What a table of many rows does not show, and would not want to carry.
_HEAVY_ATTEMPT = (
    "job__raw_result",
    "job__submission__exercise__messages",
    "job__submission__exercise__translations",
    "job__submission__exercise__plan",
)
_HEAVY = (
    "job__raw_result",
    "exercise__messages",
    "exercise__translations",
    "exercise__limits",
    "exercise__plan",
)


def runs_taught_by(user: User) -> list[dict[str, Any]]:
    """The runs a person teaches, the latest first, with how many answers wait for them; one query."""
    learners = Enrollment.objects.active().filter(run=OuterRef("pk")).order_by().values("run")
    of_run = "job__submission__enrollment__run"
    waiting = waiting_results(user).filter(**{of_run: OuterRef("pk")}).order_by().values(of_run)
    runs: list[Any] = list(
        CourseRun.objects.taught_by(user)
        .select_related("course")
        .annotate(learners=_number(learners), waiting=_number(waiting))
        .order_by("-opens_at", "-pk")
    )
    return [
        {
            "run": run,
            "course_title": run.course.title,
            "slug": run.course.slug,
            "learners": run.learners,
            "waiting": run.waiting,
            "url": reverse("grading:grades", args=[run.pk]),
        }
        for run in runs
    ]


def _number(grouped: QuerySet[Any]) -> Coalesce:
    """How many rows there are in the one group of a subquery."""
    return Coalesce(Subquery(grouped.annotate(number=Count("pk")).values("number")), 0)


def waiting_results(user: User, run: CourseRun | None = None) -> QuerySet[TestResult]:
    """Answers in newest graded attempts that no person has graded yet, oldest first."""
    newer = Submission.objects.filter(
        enrollment=OuterRef("enrollment"),
        exercise__unit__key=OuterRef("exercise__unit__key"),
        number__gt=OuterRef("number"),
        job__state=GradingJob.State.GRADED,
    )
    newest = Submission.objects.gradable_by(user).filter(~Exists(newer))
    if run is not None:
        newest = newest.filter(enrollment__run=run)
    results = TestResult.objects.filter(job__submission__in=newest, by_hand=True, points=None)
    return results.order_by("job__submission__received_at", "position")


def grade_table(run: CourseRun, user: User) -> dict[str, Any]:
    """Learners by exercises: the best attempt of each, and what waits for the instructor."""
    enrollments = list(run.enrollments.active().with_completed().select_related("person__affiliate", "run"))
    progress = progress_of(enrollments, among=Unit.objects.select_related("exercise"))
    exercises = _exercises(progress)
    best = _best_submissions(enrollments)
    answers = list(waiting_results(user, run).select_related(*_ATTEMPT).defer(*_HEAVY_ATTEMPT))
    waiting = {_place(result.job.submission): result for result in reversed(answers)}

    def places(enrollment: Enrollment) -> list[tuple[Any, str]]:
        return [(enrollment.pk, exercise.unit.key) for exercise in exercises]

    rows = [
        {
            "person": enrollment.person,
            "affiliate": enrollment.person.affiliate or "",
            "percent": progress[enrollment].percent,
            "cells": [_cell(best.get(place), waiting.get(place)) for place in places(enrollment)],
        }
        for enrollment in sorted(enrollments, key=lambda enrollment: str(enrollment.person))
    ]
    first = answers[0] if answers else None
    return {
        "run": run,
        "course": run.course,
        "exercises": exercises,
        "rows": rows,
        "waiting": len(answers),
        "waiting_url": reverse("grading:grade_by_hand", args=[first.pk]) if first else "",
    }


def _exercises(progress: Mapping[Enrollment, Progress]) -> list[Exercise]:
    """The graded units of the run's version, in the course's order."""
    units = next(iter(progress.values())).units if progress else ()
    return [unit.exercise for unit in units if hasattr(unit, "exercise")]


def _best_submissions(enrollments: Sequence[Enrollment]) -> dict[tuple[Any, str], Submission]:
    best = Submission.objects.filter(enrollment__in=enrollments).best_of_each()
    submissions = best.select_related("job", "exercise__unit").defer(*_HEAVY)
    return {_place(submission): submission for submission in submissions}


def _place(submission: Submission) -> tuple[Any, str]:
    """Where in the table a submission belongs."""
    return submission.enrollment_id, submission.exercise.unit.key


def _cell(submission: Any, by_hand: TestResult | None) -> dict[str, Any] | None:
    if submission is None:
        return None
    row = rows.submission_row(submission)
    return {
        "label": row["score_label"] or row["state_label"],
        "tone": row["tone"],
        "waiting": by_hand is not None,
        "low": bool(submission.grade) and submission.job.assurance == GradingJob.Assurance.LOW,
        "url": reverse("grading:grade_by_hand", args=[by_hand.pk]) if by_hand else row["url"],
    }


def hand_grading(result: TestResult, form: HandGradeForm, user: User) -> dict[str, Any]:
    """One answer with its question, the form for it, and what was graded beside it."""
    submission = result.job.submission
    exercise, run = submission.exercise, submission.enrollment.run
    question, answer = _question_and_answer(submission, result.name)
    others = list(waiting_results(user, run).exclude(pk=result.pk).values_list("pk", flat=True)[:100])
    return {
        "result": result,
        "form": form,
        "submission": submission,
        "exercise": exercise,
        "run": run,
        "course": run.course,
        "learner": submission.enrollment.person,
        "title": pages.headings(exercise).get(result.name, result.name),
        "question_html": question,
        "answer_html": answer,
        "reference_html": _reference(submission, result.name),
        "unchanged": result.reason == "no_response",
        "waiting": len(others),
        "next_url": reverse("grading:grade_by_hand", args=[others[0]]) if others else "",
        "tests": pages.test_rows(exercise, result.job.results.exclude(pk=result.pk)),
        "grades_url": reverse("grading:grades", args=[run.pk]),
    }


def _reference(submission: Submission, name: str) -> Any:
    """The author's own answer, with the mark scheme where one is written into it."""
    source = notebook.parse(artifacts.read(submission.exercise.source_sha256))
    for cell in source["cells"]:
        if notebook.grade_id(cell) == name:
            lines = cell["source"].splitlines()
            return pages.answer_html(
                {**cell, "source": "\n".join(line for line in lines if not _MARKER.search(line))}
            )
    return ""


def _question_and_answer(submission: Submission, name: str) -> tuple[Any, Any]:
    """The prose in front of an answer, in the reader's language, and the answer itself."""
    prose = submission.exercise.translations.get(get_language() or "", {})
    question: notebook.Cell | None = None
    for cell in submission.rebuilt()["cells"]:
        if notebook.grade_id(cell) == name:
            return (pages.answer_html(question) if question else "", pages.answer_html(cell))
        if cell["cell_type"] == "markdown":
            question = {**cell, "source": prose.get(cell.get("id", ""), cell["source"])}
    return "", ""
