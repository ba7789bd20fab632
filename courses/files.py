"""Courses as folders: `course.yaml`, one folder per module, one file or folder per unit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from courses import yamlfiles
from courses.drafts import CourseDraft, CourseFileError, CourseFileErrors, ModuleDraft, UnitDraft
from courses.kinds import kind_for
from courses.models import Course

_T = TypeVar("_T")
LANGUAGES = ("en", "ko")
_MODULE = "module.yaml"
# What an editor, git or Python leaves behind; no author means it.
_UNSEEN = (".", "__")
# What `Course.hours` can keep.
_MAX_HOURS = 9999


def read_course(folder: Path) -> CourseDraft:
    """Read a course folder whole; raises CourseFileErrors with every fault found."""
    faults: list[CourseFileError] = []
    draft = _collect(faults, partial(_course, folder, faults))
    if faults or draft is None:
        raise CourseFileErrors(f"{len(faults)} faults in {folder}", faults)
    return draft


def _course(folder: Path, faults: list[CourseFileError]) -> CourseDraft:
    fields = yamlfiles.read(folder / "course.yaml")
    fields.only(
        "slug", "title", "summary", "outcomes", "languages", "level", "hours", "skills", "environment"
    )
    languages = fields.texts("languages")
    if not languages:
        raise fields.error("languages", "at least one language is needed")
    for language in languages:
        if language not in LANGUAGES:
            raise fields.error("languages", f"{language!r} is not one of {', '.join(LANGUAGES)}")
    if fields.text("level") not in Course.Level.values:
        raise fields.error("level", f"one of {', '.join(Course.Level.values)} is needed")
    modules = [
        module
        for path in _entries(folder)
        if path.is_dir() and (module := _collect(faults, partial(_module, path, languages, faults)))
    ]
    _refuse_repeated_keys(folder, modules, faults)
    return CourseDraft(
        slug=fields.key("slug"),
        title=fields.translated("title", languages),
        summary=fields.translated("summary", languages),
        outcomes=fields.translated_list("outcomes", languages),
        languages=languages,
        level=fields.text("level"),
        hours=fields.number("hours", minimum=0, maximum=_MAX_HOURS),
        skills=fields.texts("skills"),
        modules=tuple(modules),
        content_hash=_content_hash(folder),
    )


def _module(folder: Path, languages: Sequence[str], faults: list[CourseFileError]) -> ModuleDraft:
    fields = yamlfiles.read(folder / _MODULE)
    fields.only("title")
    units: list[UnitDraft] = []
    others: list[Path] = []
    is_whole = True
    for path in _entries(folder):
        kind = kind_for(path)
        if kind is None:
            others.append(path)
        elif unit := _collect(faults, partial(kind.parse, path, languages=languages)):
            units.append(unit)
        else:
            is_whole = False
    if is_whole:  # a unit that could not be read cannot say which files it is made of
        faults.extend(_strays(others, units))
        if not units:
            raise CourseFileError(folder, "a module needs at least one unit")
    return ModuleDraft(title=fields.translated("title", languages), units=tuple(units))


def _strays(others: Sequence[Path], units: Sequence[UnitDraft]) -> Iterator[CourseFileError]:
    """A fault for each entry that would be left out without a word."""
    known = frozenset({_MODULE}).union(*(unit.companions for unit in units))
    for path in others:
        if path.name not in known:
            yield CourseFileError(
                path,
                "no unit, and nothing that a unit of this module shows or is translated by; "
                "correct its name or take it away",
            )


def _collect(faults: list[CourseFileError], read: Callable[[], _T]) -> _T | None:
    """What `read` returns, or None with its faults noted: one bad file must not hide the next."""
    try:
        return read()
    except CourseFileError as fault:
        faults.append(fault)
    except CourseFileErrors as group:
        faults.extend(error for error in group.exceptions if isinstance(error, CourseFileError))
    return None


def _entries(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise CourseFileError(folder, "not a folder")
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            raise CourseFileError(path, "links are not followed; copy the file")
        if not path.name.startswith(_UNSEEN):
            yield path


def _refuse_repeated_keys(
    folder: Path, modules: Sequence[ModuleDraft], faults: list[CourseFileError]
) -> None:
    seen: set[str] = set()
    for unit in (unit for module in modules for unit in module.units):
        if unit.key in seen:
            faults.append(
                CourseFileError(folder, f"two units have the key {unit.key!r}; keys are unique in a course")
            )
        seen.add(unit.key)


def _content_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(_UNSEEN) for part in relative.parts):
            digest.update(f"{relative.as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
