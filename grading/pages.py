"""What the notebook page and the result page show."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.markdown import highlight_code, render
from courses.models import CourseRun, Enrollment
from grading import checked_pages, feedback, notebook, notices, queue, rows
from grading.models import Exercise, Grade, GradingJob, Submission, TestResult, reaches_cutoff
from grading.services.submitting import attempts_left
from people.models import user_of
from records import artifacts, live
from records.text import TranslatedText
from sandbox.errors import command_for

_HEADING = re.compile(r"^#{1,4}\s+(.+?)\s*$", re.MULTILINE)
_MIN_ROWS, _MAX_ROWS = 4, 30
_MAX_RENDERED = 20_000

State = GradingJob.State


def notebook_context(request: HttpRequest, exercise: Exercise, enrollment: Enrollment) -> dict[str, Any]:
    """The exercise as a form: prose, code to read, and one text area per answer."""
    submissions = list(rows.own(exercise, enrollment).order_by("-number"))
    released = notebook.parse_trusted(artifacts.read(exercise.released_sha256))
    answers = _last_answers(submissions[0]) if submissions else {}
    if request.method == "POST":  # a refused form comes back as it was typed
        answers |= {name: text for name, text in posted_answers(request).items() if text}
    slug, key = enrollment.run.course.slug, exercise.unit.key
    return {
        "exercise": exercise,
        "attempts_left": attempts_left(exercise, sum(row.job.state != State.FAILED for row in submissions)),
        "cells": notebook_cells(exercise, released, answers),
        "idempotency_key": uuid.uuid4(),
        "upload_key": uuid.uuid4(),
        "submit_url": reverse("grading:submit", args=[slug, key]),
        "download_url": reverse("grading:released", args=[slug, key]),
        "submissions": [rows.submission_row(submission) for submission in submissions],
    }


def posted_answers(request: HttpRequest) -> dict[str, str]:
    """The answers of the page's text areas by grade_id, with the line ends that Python expects."""
    return {
        name.removeprefix("answer-"): str(text).replace("\r\n", "\n")
        for name, text in request.POST.items()
        if name.startswith("answer-")
    }


def _last_answers(submission: Submission) -> dict[str, str]:
    submitted = notebook.parse(artifacts.read(submission.artifact_sha256))
    return {notebook.grade_id(cell): cell["source"] for cell in submitted["cells"] if notebook.grade_id(cell)}


def notebook_cells(
    exercise: Exercise, released: notebook.Notebook, answers: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Every cell as the page shows it; a first heading that only repeats the unit's title is left out."""
    repeated = f"# {exercise.unit.title}\n"
    return [
        _cell_row(cell, text.removeprefix(repeated), heading, answers)
        for cell, text, heading in _in_language(exercise, released)
    ]


def _in_language(exercise: Exercise, released: notebook.Notebook) -> Iterator[tuple[notebook.Cell, str, str]]:
    """Each cell with its text in the reader's language and the last heading before it."""
    prose, heading = exercise.translations.get(get_language() or "", {}), ""
    for cell in released["cells"]:
        text = prose.get(cell.get("id", ""), cell["source"])
        if cell["cell_type"] == "markdown" and (found := _HEADING.search(text)):
            heading = found[1]
        yield cell, text, heading


def _cell_row(cell: notebook.Cell, text: str, heading: str, answers: Mapping[str, str]) -> dict[str, Any]:
    name = notebook.grade_id(cell)
    row: dict[str, Any] = {
        "name": name,
        "label": heading or name,
        "points": notebook.grading_metadata(cell).get("points") if notebook.is_graded(cell) else None,
        "manual": notebook.is_graded_by_hand(cell),
    }
    if name and notebook.is_answer(cell):
        return row | _answer_row(cell, text, answers.get(name, cell["source"]))
    if cell["cell_type"] == "markdown":
        return row | {"kind": "markdown", "html": render(text)}
    kind = "test" if notebook.is_graded(cell) else "code"
    return row | {"kind": kind, "highlighted": highlight_code(cell["source"])}


def _answer_row(cell: notebook.Cell, invitation: str, source: str) -> dict[str, Any]:
    is_code = cell["cell_type"] == "code"
    untouched = source == cell["source"]
    rows = max(_MIN_ROWS, min(_MAX_ROWS, source.count("\n") + 2))
    return {
        "kind": "answer" if is_code else "text_answer",
        "edited": not untouched,
        # A text that nobody wrote yet is an empty field; the author's stub invites to write.
        "source": "" if untouched and not is_code else source,
        "placeholder": "" if is_code else invitation,
        "field": f"answer-{notebook.grade_id(cell)}",
        "rows": rows if is_code else max(rows, 8),
    }


def headings(exercise: Exercise) -> dict[str, str]:
    """Each cell's grade_id with the heading it stands under, in the reader's language."""
    released = notebook.parse_trusted(artifacts.read(exercise.released_sha256))
    return {notebook.grade_id(cell): heading for cell, _text, heading in _in_language(exercise, released)}


def submission_context(request: HttpRequest, submission: Any) -> dict[str, Any]:
    """The result page, whole or as its fragment, of a submission that was fetched `with_outcome()`."""
    job, exercise = submission.job, submission.exercise
    course = submission.enrollment.run.course
    grade = submission.current_grade
    results = list(job.results.all())
    own = submission.enrollment.person.user_id == user_of(request).pk
    withheld = checked_pages.withheld(exercise, submission, own=own) if grade else ""
    if withheld:
        grade, results = None, []
    is_checked = exercise.kind == Exercise.Kind.CHECKED
    download = "grading:submitted_files" if is_checked else "grading:submitted"
    return {
        "submission": submission,
        "exercise": exercise,
        "course": course,
        "job": job,
        "own": own,
        "withheld": withheld,
        "is_checked": is_checked,
        "place": queue.place(job),
        "progress": _progress(job) if job.state == State.RUNNING else None,
        "is_paused": job.state == State.QUEUED and bool(job.failure) and not job.faults,
        "build_command": command_for(job.missing_environment),
        "grade": _grade_facts(grade, results, exercise) if grade else None,
        "tests": result_rows(exercise, results, submission.enrollment.run, own=own) if results else [],
        "own_cells": _own_cells(exercise, job) if job.own_cells else [],
        # Errors stand before the tests that fail because of them; mere output stands behind.
        "own_failed": any(cell["reason"] for cell in job.own_cells),
        "table_url": reverse("grading:grades", args=[submission.enrollment.run_id]),
        "learner": submission.enrollment.person,
        "notices": [notices.NOTICES[code] for code in submission.notices],
        "outcome": notices.outcome_sentence(submission.outcome) if results else "",
        "mode_sentences": notices.mode_sentences(job),
        "unit_url": reverse("courses:unit", args=[course.slug, exercise.unit.key]),
        "download_url": reverse(download, args=[submission.pk]),
        "fragment_url": reverse("grading:submission_state", args=[submission.pk]),
        "events_url": f"/events/{live.token(queue.topic(job), user_of(request).pk)}/" if job.is_open else "",
        "waiting_seconds": int((timezone.now() - submission.received_at).total_seconds()),
    }


def _grade_facts(grade: Grade, results: list[TestResult], exercise: Exercise) -> dict[str, Any]:
    pending = sum(result.max_points for result in results if result.points is None)
    return {
        "final": grade.final,
        "max": grade.max_points,
        "percent": grade.percent,
        "pending_points": pending,
        "pending_percent": round(100 * pending / grade.max_points) if grade.max_points else 0,
        "passed": reaches_cutoff(grade.final, grade.max_points, exercise.cutoff),
        "cutoff": exercise.cutoff,
    }


def result_rows(
    exercise: Exercise, results: Iterable[TestResult], run: CourseRun, *, own: bool
) -> list[dict[str, Any]]:
    """What was said about each test of an attempt, whatever its kind."""
    if exercise.kind == Exercise.Kind.CHECKED:
        return checked_pages.case_rows(results, feedback.level(exercise.feedback, run), own=own)
    return test_rows(exercise, results)


def test_rows(exercise: Exercise, results: Iterable[TestResult]) -> list[dict[str, Any]]:
    """What was said about each test, as learners and instructors read it."""
    titles, seen = headings(exercise), Counter[str]()
    results = list(results)
    for result in results:
        title = titles.get(result.name) or result.name
        seen[title] += 1
        # A question may have several tests: the second one says so.
        titles[result.name] = title if seen[title] == 1 else f"{title} · {seen[title]}"
    return [
        {
            "title": titles[result.name],
            "name": result.name,
            "desk_url": reverse("grading:grade_by_hand", args=[result.pk]) if result.by_hand else "",
            "points": result.points,
            "max_points": result.max_points,
            "tone": rows.tone(result),
            "message": notices.explain(result),
            "hint": _hint(exercise, result),
            "hidden": result.hidden,
            "comment": result.comment,
            "output": result.output,
        }
        for result in results
    ]


def _own_cells(exercise: Exercise, job: GradingJob) -> list[dict[str, Any]]:
    titles = headings(exercise)
    return [
        {
            "title": titles.get(cell["name"]) or _("Another cell"),
            "tone": "bad" if cell["reason"] else "",
            "message": notices.explain_own(cell),
            "output": cell["output"],
        }
        for cell in job.own_cells
    ]


def _hint(exercise: Exercise, result: TestResult) -> str:
    """The author's words for a failed test, in the reader's language."""
    if result.reason != "error":
        return ""
    texts = {language: by_name.get(result.name, "") for language, by_name in exercise.messages.items()}
    return str(TranslatedText(texts))


def _progress(job: GradingJob) -> dict[str, Any]:
    """Which cell runs and the last lines it printed, from the job's live events."""
    cell, of, printed = 0, 0, []
    for _id, event in live.latest(queue.topic(job), count=40):
        if event.get("type") == "cell":
            cell, of = int(event.get("index", 0)) + 1, int(event.get("of", 0))
        elif event.get("type") == "stream":
            printed.append(str(event.get("text", "")))
    return {"cell": cell, "of": of, "output": "".join(printed)[-1_000:]}


def answer_html(cell: notebook.Cell) -> SafeString:
    """A learner's answer as an instructor reads it: prose rendered, code coloured, both made safe.

    Beyond a length that nobody writes it stays plain: rendering would hold the page for seconds.
    """
    if len(cell["source"]) > _MAX_RENDERED:
        return format_html("<pre>{}</pre>", cell["source"])
    return render(cell["source"]) if cell["cell_type"] == "markdown" else highlight_code(cell["source"])
