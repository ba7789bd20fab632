"""What the page of a checked program shows, and the result page of an attempt at it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.markdown import render
from courses.models import Enrollment
from grading import feedback, findings, rows
from grading.bundles import MAX_FILE, Bundle, decoded
from grading.models import Exercise, GradingJob, Submission, TestResult
from grading.services.submitting import attempts_left
from records import artifacts
from records.text import TranslatedText

_MIN_ROWS, _MAX_ROWS = 12, 40
PREFIX = "file-"


def unit_context(request: HttpRequest, exercise: Exercise, enrollment: Enrollment) -> dict[str, Any]:
    """The statement, and one text area per file with what was handed in last."""
    submissions = list(rows.own(exercise, enrollment).order_by("-number"))
    starter = Bundle.load(artifacts.read(exercise.released_sha256))
    files = dict(starter.files)
    if submissions:
        last = Bundle.load(artifacts.read(submissions[0].artifact_sha256)).files
        files |= {name: text for name, text in last.items() if name in files}
    if request.method == "POST":  # a refused form comes back as it was typed
        files |= {name: text for name, text in posted_files(request).items() if name in files and text}
    slug, key = enrollment.run.course.slug, exercise.unit.key
    level = feedback.level(exercise.feedback, enrollment.run)
    used = sum(row.job.state != GradingJob.State.FAILED for row in submissions)
    return {
        "exercise": exercise,
        "attempts_left": attempts_left(exercise, used),
        "statement": _statement(exercise, slug),
        "files": [_file_row(name, files[name], original) for name, original in starter.ordered()],
        "idempotency_key": uuid.uuid4(),
        "upload_key": uuid.uuid4(),
        "submit_url": reverse("grading:submit", args=[slug, key]),
        "download_url": reverse("grading:starter", args=[slug, key]),
        "submissions": [
            rows.submission_row(submission, scored=feedback.tells(level, feedback.POINTS))
            for submission in submissions
        ],
    }


def _statement(exercise: Exercise, slug: str) -> str:
    content = exercise.unit.content
    text = TranslatedText(content["statement"]).into(get_language() or "")
    figures = content.get("images", {})

    def image_url(source: str) -> str:
        return reverse("courses:image", args=[slug, exercise.unit.key, source]) if source in figures else ""

    return render(text, image_url=image_url)


def _file_row(name: str, source: str, original: str) -> dict[str, Any]:
    return {
        "name": name,
        "field": PREFIX + name,
        "source": source,
        "edited": source != original,
        "rows": max(_MIN_ROWS, min(_MAX_ROWS, source.count("\n") + 2)),
    }


def posted_files(request: HttpRequest) -> dict[str, str]:
    """The files of the page's text areas by name, with the line ends that Python expects."""
    return {
        name.removeprefix(PREFIX): str(text).replace("\r\n", "\n")
        for name, text in request.POST.items()
        if name.startswith(PREFIX)
    }


def uploaded_files(uploads: Sequence[Any], exercise: Exercise) -> dict[str, str]:
    """Uploaded files by name; a single one for an exercise of one file may be called anything.

    Raises BundleRefused.
    """
    starter = Bundle.load(artifacts.read(exercise.released_sha256))
    if len(uploads) == 1 and len(starter.files) == 1:
        return {starter.entry: decoded(starter.entry, uploads[0].read(MAX_FILE + 1))}
    return {str(upload.name): decoded(str(upload.name), upload.read(MAX_FILE + 1)) for upload in uploads}


def case_rows(results: Iterable[TestResult], level: str, *, own: bool) -> list[dict[str, Any]]:
    """What was said about each case, as its reader may know it."""
    language = get_language() or ""
    return [
        {
            "title": findings.text(result.told.get("title", {}), language) or result.name,
            "name": "" if own else result.name,
            "points": result.points,
            "max_points": result.max_points,
            "tone": rows.tone(result),
            "hidden": result.hidden,
            "comment": result.comment,
            **(
                findings.explain(result, level, language)
                if own
                else findings.explain_to_crew(result, language)
            ),
        }
        for result in results
    ]


def withheld(exercise: Exercise, submission: Submission, *, own: bool) -> str:
    """Why a learner does not see points yet; empty where they may."""
    level = feedback.level(exercise.feedback, submission.enrollment.run)
    if not own or feedback.tells(level, feedback.POINTS):
        return ""
    if exercise.feedback.get("after", feedback.ALL) != feedback.NONE and submission.enrollment.run.closes_at:
        return _("Your attempt is in and was graded. You see the result when the course run has closed.")
    return _("Your attempt is in and was graded. This exercise does not show results; ask its instructor.")
