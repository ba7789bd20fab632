"""The registry of unit kinds: how each kind is read from files, stored, shown and completed.

`courses` registers what is read or watched; higher apps register what is graded. A kind is one class in
one file, registered in its app's `AppConfig.ready()`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.functional import Promise

from courses.drafts import UnitDraft
from courses.models import Course, Enrollment, Unit


class UnitKind(ABC):
    name: ClassVar[str]
    label: ClassVar[str | Promise]
    icon: ClassVar[str]
    # Shown in the player's main column; gets what `context` returns.
    template: ClassVar[str]
    # Whether a press of the reader's completes the unit; else the kind's own app calls `complete_unit`.
    completed_by_reader: ClassVar[bool] = False

    @abstractmethod
    def matches(self, path: Path) -> bool:
        """Whether this file or folder of a module is a unit of this kind."""

    @abstractmethod
    def parse(self, path: Path, *, languages: Sequence[str]) -> UnitDraft:
        """Read a unit; raises CourseFileError(s) with path, line and reason."""

    def save(self, unit: Unit, draft: UnitDraft) -> None:
        """Store what the kind keeps in tables of its own; runs inside the import's transaction."""

    @abstractmethod
    def rule(self, unit: Unit) -> str:
        """The sentence, in the reader's language, that says what completes this unit."""

    @abstractmethod
    def context(self, request: HttpRequest, unit: Unit, enrollment: Enrollment) -> Mapping[str, Any]:
        """What `template` needs to show the unit to this learner."""

    def practice(self, draft: UnitDraft) -> str:
        """What the unit asks of a machine, for the catalogue's filter; of a course the most of its units counts."""
        return Course.Practice.NONE

    def badge(self, unit: Unit) -> str:
        """A short mark for outlines ("GPU simulator"); empty for most units."""
        return ""


_kinds: dict[str, UnitKind] = {}


def register(kind: UnitKind) -> None:
    _kinds[kind.name] = kind


def kind_of(unit: Unit | UnitDraft) -> UnitKind:
    """Raises KeyError where the unit's kind is not installed."""
    return _kinds[unit.kind]


def kind_for(path: Path) -> UnitKind | None:
    return next((kind for kind in _kinds.values() if kind.matches(path)), None)
