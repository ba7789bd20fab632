"""The kind `notebook`: an nbgrader notebook, with the translations of its Markdown beside it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses import yamlfiles
from courses.drafts import CourseFileError, UnitDraft
from courses.kinds import UnitKind
from courses.models import Course, Enrollment, Unit
from grading import notebook, pages, queue, settings_of_files
from grading.models import Exercise, GradingJob
from records import artifacts, hosts
from records.hints import hint

_FIELDS = (
    "kind",
    "key",
    "title",
    "minutes",
    "environment",
    "simulator",
    "mode",
    "cutoff",
    "max_attempts",
    "limits",
    "messages",
)


@dataclass(frozen=True, kw_only=True)
class ExerciseDraft:
    """What `Exercise` keeps of a notebook."""

    source: bytes
    master: notebook.Notebook
    released: notebook.Notebook
    facts: Mapping[str, Any]


class ExerciseKind(UnitKind):
    """What all units that are submitted share; `page` gives what the template of a kind shows."""

    def rule(self, unit: Unit) -> str:
        exercise = unit.exercise
        return _("Submit the exercise and reach %(cutoff)d%% of %(points)g points.") % {
            "cutoff": exercise.cutoff,
            "points": exercise.max_points,
        }

    def context(self, request: HttpRequest, unit: Unit, enrollment: Enrollment) -> Mapping[str, Any]:
        exercise = unit.exercise
        hosts.want(hosts.Kind(exercise.environment, exercise.environment_digest, exercise.simulator))
        return self.page(request, exercise, enrollment)

    @abstractmethod
    def page(self, request: HttpRequest, exercise: Exercise, enrollment: Enrollment) -> Mapping[str, Any]: ...


class NotebookKind(ExerciseKind):
    name: ClassVar = "notebook"
    label: ClassVar = gettext_lazy("Exercise")
    icon: ClassVar = "flask-conical"
    template: ClassVar = "grading/_notebook.html"

    def matches(self, path: Path) -> bool:
        return path.suffix == ".ipynb" and path.is_file()

    def parse(self, path: Path, *, languages: Sequence[str]) -> UnitDraft:
        from grading import nbgrader_adapter  # seconds to import; the web has no need of it

        try:
            source = path.read_bytes()
            release = nbgrader_adapter.release(source, autotests=_autotests(path))
        except nbgrader_adapter.AuthorError as error:
            raise CourseFileError(path, str(error)) from error
        metadata = yamlfiles.Fields(path, release.master["metadata"])
        settings = yamlfiles.Fields(path, metadata.mapping("lms"))
        settings.only(*_FIELDS)
        title = {languages[0]: settings.text("title")}
        messages = {languages[0]: _messages(settings, release.master)}
        translations = {}
        companions = {language: path.with_suffix(f".{language}.yaml") for language in languages[1:]}
        for language, companion in companions.items():
            translated = yamlfiles.read(companion)
            translated.only("title", "cells", "messages")
            title[language] = translated.text("title")
            messages[language] = _messages(translated, release.master)
            translations[language] = _translated_cells(translated, release.master)
        facts = {
            "max_points": release.max_points,
            "cutoff": settings_of_files.optional(settings, "cutoff", 60, maximum=100),
            "max_attempts": settings_of_files.optional(settings, "max_attempts", None),
            "environment": settings_of_files.known_environment(settings),
            "simulator": settings.values.get("simulator") is True,
            "limits": settings_of_files.limits(settings),
            "mode": _mode(settings),
            "messages": messages,
            "translations": translations,
        }
        return UnitDraft(
            key=settings.key("key"),
            kind=self.name,
            title=title,
            minutes=settings.integer("minutes", minimum=1),
            content={"simulator": facts["simulator"]},
            companions=frozenset(companion.name for companion in companions.values()),
            private=ExerciseDraft(
                source=source, master=release.master, released=release.released, facts=facts
            ),
        )

    def save(self, unit: Unit, draft: UnitDraft) -> None:
        exercise: ExerciseDraft = draft.private
        created = Exercise.objects.create(
            unit=unit,
            kind=Exercise.Kind.NOTEBOOK,
            source_sha256=artifacts.store(exercise.source),
            master_sha256=artifacts.store(notebook.dump(exercise.master)),
            released_sha256=artifacts.store(notebook.dump(exercise.released)),
            **exercise.facts,
        )
        transaction.on_commit(partial(hint, queue.PLAN, GradingJob.Queue.CPU, str(created.pk)))

    def page(self, request: HttpRequest, exercise: Exercise, enrollment: Enrollment) -> Mapping[str, Any]:
        return pages.notebook_context(request, exercise, enrollment)

    def practice(self, draft: UnitDraft) -> str:
        return Course.Practice.SIMULATOR if draft.content.get("simulator") else Course.Practice.CPU

    def badge(self, unit: Unit) -> str:
        return _("GPU simulator") if unit.content.get("simulator") else ""


def _autotests(path: Path) -> str | None:
    """The course's own templates of autotests, beside its course.yaml."""
    own = path.parents[1] / "autotests.yml"
    try:
        return own.read_text(encoding="utf-8") if own.is_file() else None
    except UnicodeDecodeError as error:
        raise CourseFileError(own, "not a text in UTF-8") from error


def _mode(settings: yamlfiles.Fields) -> str:
    mode = settings.values.get("mode", "")
    if mode not in {"", GradingJob.Mode.SPLIT, GradingJob.Mode.SAME_PROCESS}:
        raise settings.error("mode", "split or same_process")
    return str(mode)


def _messages(settings: yamlfiles.Fields, master: notebook.Notebook) -> dict[str, str]:
    messages = settings.mapping("messages")
    graded = {notebook.grade_id(cell) for cell in master["cells"] if notebook.is_graded(cell)}
    for name, text in messages.items():
        if name not in graded:
            raise settings.error("messages", f"no graded cell has the grade_id {name!r}")
        if not isinstance(text, str) or not text.strip():
            raise settings.error("messages", f"{name}: a text is needed")
    return {name: text.strip() for name, text in messages.items()}


def _translated_cells(settings: yamlfiles.Fields, master: notebook.Notebook) -> dict[str, str]:
    """Every Markdown cell in another language, by cell id; that of an answer is what invites to write."""
    cells = settings.mapping("cells")
    prose = {cell.get("id", ""): cell for cell in master["cells"] if cell["cell_type"] == "markdown"}
    for cell_id in cells:
        if cell_id not in prose:
            raise settings.error("cells", f"no Markdown cell has the id {cell_id!r}")
    for cell_id, cell in prose.items():
        text = cells.get(cell_id)
        if not notebook.is_answer(cell) and (not isinstance(text, str) or not text.strip()):
            raise settings.error("cells", f"the cell {cell_id!r} is not translated")
    return {cell_id: str(text).strip() for cell_id, text in cells.items()}
