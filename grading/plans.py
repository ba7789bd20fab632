"""The plan of each exercise: made once for each build of its environment, and kept with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from grading import notebook, splitting
from grading.models import Exercise
from grading.splitting import Place, Plan
from records import artifacts
from sandbox import Environment


def plan_of(
    exercise: Exercise, environment: Environment, *, on_event: Callable[[dict[str, Any]], None]
) -> Plan:
    """Where each cell runs. The first time this takes five runs of the notebook. Raises SandboxFault."""
    kept = exercise.plan
    if kept and kept["environment"] == environment.digest and kept["version"] == splitting.VERSION:
        return Plan.from_json(kept)
    plan = _made(exercise.source_sha256, exercise.master_sha256, _Place(exercise, environment, on_event))
    exercise.plan = plan.to_json()
    Exercise.objects.filter(pk=exercise.pk).update(plan=exercise.plan)
    return plan


class _Place:
    """Equal for two exercises whose notebooks would do the same; who listens makes no difference."""

    def __init__(
        self, exercise: Exercise, environment: Environment, on_event: Callable[[dict[str, Any]], None]
    ) -> None:
        self.digest = environment.digest
        self.place = Place(str(environment.path), exercise.simulator, exercise.limits, on_event)
        self._key = (
            self.digest,
            self.place.environment,
            exercise.simulator,
            str(sorted(exercise.limits.items())),
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Place) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=256)
def _made(source_sha256: str, master_sha256: str, where: _Place) -> Plan:
    master = notebook.parse_trusted(artifacts.read(master_sha256))
    solution = solved(master, artifacts.read(source_sha256))
    return splitting.made_for(where.digest, splitting.make_plan(master, solution, where.place))


def solved(master: notebook.Notebook, source: bytes) -> notebook.Notebook:
    """The MASTER with the author's own answers."""
    return notebook.rebuild(notebook.parse(source), master).notebook
