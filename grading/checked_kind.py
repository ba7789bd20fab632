"""The kind `checked`: a folder with a statement, starter files, the reference solution and `check.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from courses import yamlfiles
from courses.drafts import CourseFileError, UnitDraft
from courses.models import Course, Enrollment, Unit
from courses.reading import figures_of
from grading import checked_pages, settings_of_files
from grading.bundles import MAX_FILE, MAX_FILES, NAME, Bundle
from grading.kinds import ExerciseKind
from grading.models import Exercise
from records import artifacts

_FIELDS = (
    "kind",
    "key",
    "title",
    "minutes",
    "points",
    "cutoff",
    "max_attempts",
    "environment",
    "limits",
    "feedback",
    "entry",
)
_KNOWN = {"exercise.yaml", "check.py", "starter", "solution", "starter.py", "solution.py"}
# What the one file is called where a folder holds starter.py and solution.py.
ONLY_FILE = "program.py"
CHECK = "check.py"


@dataclass(frozen=True, kw_only=True)
class CheckedDraft:
    """What `Exercise` keeps of a folder."""

    starter: Bundle
    solution: Bundle
    check: Bundle
    figures: Mapping[str, bytes]
    facts: Mapping[str, Any]


class CheckedKind(ExerciseKind):
    name: ClassVar = "checked"
    label: ClassVar = gettext_lazy("Coding exercise")
    icon: ClassVar = "list-checks"
    template: ClassVar = "grading/_checked.html"

    def matches(self, path: Path) -> bool:
        return path.is_dir() and (path / "exercise.yaml").is_file()

    def parse(self, path: Path, *, languages: Sequence[str]) -> UnitDraft:
        settings = yamlfiles.read(path / "exercise.yaml")
        settings.only(*_FIELDS)
        if settings.text("kind") != self.name:
            raise settings.error("kind", f"{self.name!r} is needed for a folder with exercise.yaml")
        statement, figures = _statement(path, languages)
        _refuse_strays(path, languages, figures)
        solution = _files(path, "solution")
        starter = _files(path, "starter")
        if set(solution) != set(starter):
            odd = sorted(set(solution) ^ set(starter))
            raise CourseFileError(
                path, f"starter and solution need the same files; only one has {', '.join(odd)}"
            )
        entry = _entry(settings, starter)
        facts = {
            "max_points": settings.number("points", minimum=0.01),
            "cutoff": settings_of_files.optional(settings, "cutoff", 60, maximum=100),
            "max_attempts": settings_of_files.optional(settings, "max_attempts", None),
            "environment": settings_of_files.known_environment(settings),
            "limits": settings_of_files.limits(settings),
            "feedback": settings_of_files.feedback(settings),
        }
        check = {CHECK: _python(path / CHECK)}
        return UnitDraft(
            key=settings.key("key"),
            kind=self.name,
            title=settings.translated("title", languages),
            minutes=settings.integer("minutes", minimum=1),
            content={"statement": statement},
            private=CheckedDraft(
                starter=Bundle(entry, starter),
                solution=Bundle(entry, solution),
                check=Bundle(CHECK, check),
                figures=figures,
                facts=facts,
            ),
        )

    def save(self, unit: Unit, draft: UnitDraft) -> None:
        checked: CheckedDraft = draft.private
        figures = {name: artifacts.store(data) for name, data in checked.figures.items()}
        unit.content = {**unit.content, "images": figures}
        unit.save(update_fields=["content"])
        Exercise.objects.create(
            unit=unit,
            kind=Exercise.Kind.CHECKED,
            source_sha256=artifacts.store(checked.solution.dump()),
            master_sha256=artifacts.store(checked.check.dump()),
            released_sha256=artifacts.store(checked.starter.dump()),
            **checked.facts,
        )

    def page(self, request: HttpRequest, exercise: Exercise, enrollment: Enrollment) -> Mapping[str, Any]:
        return checked_pages.unit_context(request, exercise, enrollment)

    def practice(self, draft: UnitDraft) -> str:
        return Course.Practice.CPU


def _statement(path: Path, languages: Sequence[str]) -> tuple[dict[str, str], dict[str, bytes]]:
    """What is to be done, by language, and the figures in it."""
    texts: dict[str, str] = {}
    figures: dict[str, bytes] = {}
    for number, language in enumerate(languages):
        file = path / ("statement.md" if number == 0 else f"statement.{language}.md")
        texts[language] = yamlfiles.text_of(file).strip()
        if not texts[language]:
            raise CourseFileError(file, "the statement is empty: say what the program should do")
        figures |= figures_of(file, texts[language], 1)
    return texts, figures


def _files(path: Path, role: str) -> dict[str, str]:
    """The Python files of `starter` or `solution`: a folder, or a single file of that name."""
    single, folder = path / f"{role}.py", path / role
    if single.is_file() and folder.is_dir():
        raise CourseFileError(path, f"both {role}.py and {role}/ are there; keep one of them")
    if not folder.is_dir():
        return {ONLY_FILE: _python(single)}
    files = [file for file in sorted(folder.iterdir()) if not file.name.startswith((".", "__"))]
    if not 1 <= len(files) <= MAX_FILES:
        raise CourseFileError(folder, f"from 1 to {MAX_FILES} Python files are needed")
    for file in files:
        if file.is_symlink() or not file.is_file() or not NAME.fullmatch(file.name):
            raise CourseFileError(
                file,
                "a Python file is needed whose name can be imported: letters, digits, _ and .py at its end",
            )
    return {file.name: _python(file) for file in files}


def _python(file: Path) -> str:
    """The source of a file that Python can read; it is not run here."""
    source = yamlfiles.text_of(file)
    if len(source.encode()) > MAX_FILE:
        raise CourseFileError(file, "larger than 200 kB")
    try:
        compile(source, file.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        raise CourseFileError(file, f"not valid Python: {getattr(error, 'msg', error)}", line=line) from error
    return source


def _entry(settings: yamlfiles.Fields, starter: Mapping[str, str]) -> str:
    if "entry" not in settings.values and len(starter) == 1:
        return next(iter(starter))
    entry = settings.text("entry")
    if entry not in starter:
        raise settings.error("entry", f"one of {', '.join(starter)} is needed: its functions are called")
    return entry


def _refuse_strays(path: Path, languages: Sequence[str], figures: Mapping[str, bytes]) -> None:
    statements = {"statement.md", *(f"statement.{language}.md" for language in languages[1:])}
    for file in sorted(path.iterdir()):
        if file.is_symlink():
            raise CourseFileError(file, "links are not followed; copy the file")
        if file.name not in _KNOWN | statements | set(figures) and not file.name.startswith((".", "__")):
            raise CourseFileError(file, "no part of a checked exercise; correct its name or take it away")
