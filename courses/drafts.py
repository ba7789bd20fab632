"""A course as read from its folder, before anything is stored. Plain data; no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class CourseFileError(Exception):
    """One fault in a course folder: where it is and what is wrong."""

    def __init__(self, path: Path | str, reason: str, *, line: int | None = None) -> None:
        self.path, self.reason, self.line = Path(path), reason, line
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


class CourseFileErrors(ExceptionGroup[CourseFileError]):
    """Everything that is wrong with a folder, so that an author mends it in one go."""

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.exceptions)


@dataclass(frozen=True, kw_only=True)
class UnitDraft:
    key: str
    kind: str
    title: Mapping[str, str]
    minutes: int
    content: Mapping[str, Any] = field(default_factory=dict)
    # Names of the other files of its module that the unit is made of: translations, images.
    companions: frozenset[str] = frozenset()
    # What only the kind's own tables keep; handed to `UnitKind.save` and nowhere else.
    private: Any = None


@dataclass(frozen=True, kw_only=True)
class ModuleDraft:
    title: Mapping[str, str]
    units: tuple[UnitDraft, ...]


@dataclass(frozen=True, kw_only=True)
class CourseDraft:
    slug: str
    title: Mapping[str, str]
    summary: Mapping[str, str]
    outcomes: tuple[Mapping[str, str], ...]
    languages: tuple[str, ...]
    level: str
    hours: float
    skills: tuple[str, ...]
    modules: tuple[ModuleDraft, ...]
    # SHA-256 over every file's relative path and bytes: equal folders, equal hash.
    content_hash: str
