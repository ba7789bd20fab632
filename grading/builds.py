"""Which builds of environments lie on this machine, and which of them exercises still need."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from grading.models import Exercise, GradingJob
from sandbox import SandboxFault, environments
from sandbox.environments import Build
from sandbox.errors import command_for


@dataclass(frozen=True)
class UsedBuild:
    """A build with the number of exercises that would run in it now."""

    build: Build
    exercises: int


@dataclass(frozen=True)
class MissingBuild:
    """An environment that has no current build here. `waiting` counts submissions that some worker lacked it for."""

    name: str
    command: str
    exercises: int
    waiting: int


class StillUsed(Exception):
    """A build that exercises need; the message says how many."""


def used_builds() -> list[UsedBuild]:
    """Every build on this machine, with its use."""
    found = environments.builds()
    exercises = _exercises(found)
    return [UsedBuild(one, exercises[one.environment.path.name]) for one in found]


def missing_builds() -> list[MissingBuild]:
    """What has a recipe but no build here, and what submissions wait for on other machines."""
    open_jobs = GradingJob.objects.filter(state=GradingJob.State.QUEUED).exclude(missing_environment="")
    waiting = Counter(dict(open_jobs.values_list("missing_environment").annotate(Count("pk")).order_by()))
    exercises = _exercises(environments.builds())
    return [
        MissingBuild(name, command_for(name), exercises[name], waiting[name])
        for name in sorted({*environments.missing(), *waiting})
    ]


def remove_build(folder: str) -> Build:
    """Delete the build in this folder (`torch-0123456789ab`). Raises StillUsed, SandboxFault where there is none."""
    for one in used_builds():
        if one.build.environment.path.name == folder:
            if one.exercises:
                raise StillUsed(f"{one.exercises} exercises use {folder}.")
            environments.remove(one.build.environment)
            return one.build
    raise SandboxFault(f"There is no build {folder} in {environments.BUILT}.")


def _exercises(found: list[Build]) -> Counter[str]:
    """How many exercises in use run in each build, by its folder; by the name where there is no build for them."""
    folders = {one.environment.path.name for one in found}
    current = {one.environment.name: one.environment.path.name for one in found if one.is_current}
    counted = Counter[str]()
    rows = Exercise.objects.in_use().values_list("environment", "environment_digest")
    for name, digest, exercises in rows.annotate(Count("pk")).order_by():
        pinned = f"{name}-{digest}"
        counted[pinned if pinned in folders else current.get(name, name)] += exercises
    return counted
