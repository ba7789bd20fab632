"""How far a learner is, computed from completions each time; never stored as truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from courses.models import Unit


@dataclass(frozen=True)
class Progress:
    """One learner's state in the version that their run uses."""

    units: Sequence[Unit]
    completed: frozenset[str]

    @property
    def done(self) -> int:
        return sum(unit.key in self.completed for unit in self.units)

    @property
    def percent(self) -> int:
        """Whole percent of units, rounded down: 100 means every unit."""
        return 100 * self.done // len(self.units) if self.units else 0

    @property
    def minutes_left(self) -> int:
        return sum(unit.minutes for unit in self.units if unit.key not in self.completed)

    @property
    def next_unit(self) -> Unit | None:
        """The first unit that is not completed; None when all are."""
        return next((unit for unit in self.units if unit.key not in self.completed), None)

    def neighbours(self, key: str) -> tuple[Unit | None, Unit | None]:
        """The units before and behind the one of this key. Raises ValueError for a key of another version."""
        position = [unit.key for unit in self.units].index(key)
        around = [None, *self.units, None]
        return around[position], around[position + 2]


def progress_of(enrollments: Iterable[Any], *, among: QuerySet[Unit] | None = None) -> dict[Any, Progress]:
    """The progress of each enrollment that was fetched `with_completed()`, in one query, however many there are.

    `among` lets a caller fetch more with each unit; it must not leave units out.
    """
    enrollments = list(enrollments)
    units: dict[object, list[Unit]] = {}
    versions = {enrollment.run.version_id for enrollment in enrollments}
    among = Unit.objects.all() if among is None else among
    for unit in among.filter(version__in=versions).select_related("module"):
        units.setdefault(unit.version_id, []).append(unit)
    return {
        enrollment: Progress(units.get(enrollment.run.version_id, []), frozenset(enrollment.completed_keys))
        for enrollment in enrollments
    }
