"""How far a learner is, computed from completions each time; never stored as truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from courses.models import Enrollment, Unit, UnitCompletion


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


def progress_of(
    enrollments: Iterable[Enrollment], *, among: QuerySet[Unit] | None = None
) -> dict[Enrollment, Progress]:
    """Everybody's progress in two queries, however many there are.

    `among` lets a caller fetch more with each unit; it must not leave units out.
    """
    enrollments = list(enrollments)
    units: dict[object, list[Unit]] = {}
    versions = {enrollment.run.version_id for enrollment in enrollments}
    among = Unit.objects.all() if among is None else among
    for unit in among.filter(version__in=versions).select_related("module"):
        units.setdefault(unit.version_id, []).append(unit)
    completed: dict[object, set[str]] = {}
    completions = UnitCompletion.objects.filter(enrollment__in=enrollments)
    for enrollment_id, key in completions.values_list("enrollment_id", "unit_key"):
        completed.setdefault(enrollment_id, set()).add(key)
    return {
        enrollment: Progress(
            units.get(enrollment.run.version_id, []), frozenset(completed.get(enrollment.pk, ()))
        )
        for enrollment in enrollments
    }
