"""The libraries that a job may use: a locked requirements file, built once into a virtual environment.

`environments/<name>/` holds `requirements.in`, `requirements.lock` (with hashes) and perhaps more:
`environment.toml` (see `recipes`), `prepare.py`, which the new environment's Python runs with the
environment's folder as its argument and whose `home/` there is linked into every job's home, `preload.txt`, the
modules that a process imports before it forks off jobs (a copy lies in the environment's folder), and `warm.py`,
which that list calls `environment_warm`. The result lies in `.environments/<name>-<digest>/` and is never
changed again: other requirements have another digest and are built beside it.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import recipes
from sandbox.errors import EnvironmentMissing, SandboxFault
from sandbox.installing import MEGABYTE, Installer, size_of
from sandbox.recipes import DIGEST_LENGTH

PROJECT = Path(__file__).parents[1]
SOURCES = PROJECT / "environments"
BUILT = (PROJECT / ".environments").resolve()  # builds hold their path, so it is that of no link
FINISHED = "finished"
FOLDER = re.compile(rf"([^\W\d]\w*)-([0-9a-f]{{{DIGEST_LENGTH}}})")


@dataclass(frozen=True)
class Environment:
    """A built environment. `digest` names its exact contents; it is recorded with each grade."""

    name: str
    path: Path
    digest: str


@dataclass(frozen=True)
class Build:
    """An environment that lies here. `is_current`: it is what its lock file says today."""

    environment: Environment
    size: int
    built_at: datetime.datetime
    is_current: bool


def find(name: str, digest: str = "") -> Environment:
    """The build with this digest while it is there, else the one that the lock file describes today.

    Raises EnvironmentMissing when that is not built either, SandboxFault when there is no such environment.
    """
    if digest:
        pinned = _environment(name, digest)
        if FOLDER.fullmatch(pinned.path.name) and _is_finished(pinned.path):
            return pinned
    environment = described(name)
    if not _is_finished(environment.path):
        raise EnvironmentMissing(name)
    return environment


def described(name: str) -> Environment:
    """The environment as its lock file says today, built or not. Raises SandboxFault when there is none."""
    return _environment(name, recipes.read(SOURCES, name).digest())


def preloads(path: Path) -> list[str]:
    """The modules that a process in this build imports before it forks off jobs."""
    listed = path / recipes.PRELOAD
    lines = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def builds() -> list[Build]:
    """Every finished build on this machine, by name and age."""
    found = [_build(match, path) for path in _folders() if (match := FOLDER.fullmatch(path.name))]
    return sorted(found, key=lambda build: (build.environment.name, build.built_at))


def missing() -> list[str]:
    """The environments that have a recipe and no current build here."""
    return [name for name in recipes.names(SOURCES) if not _is_finished(described(name).path)]


def build(name: str, *, say: Callable[[str], None] = print) -> Environment:
    """Build the environment unless it is there, and return it; one builder at a time, the others wait.

    Raises SandboxFault, with the installer's words, when it cannot be built or does not import.
    """
    recipe = recipes.read(SOURCES, name)
    environment = _environment(name, recipe.digest())
    with _alone(environment.path):
        if _is_finished(environment.path):
            return environment
        shutil.rmtree(environment.path, ignore_errors=True)  # of a build that was cut off
        _refuse_a_small_disk(recipe)
        sizes = f": {recipe.download_mb:,} MB to download, {recipe.disk_mb:,} MB on disk"
        say(f"Building the environment {name} ({environment.digest}){sizes if recipe.disk_mb else ''} …")
        with _all_or_nothing(environment):
            Installer(recipe, environment.path, say).install()
            # Scripts, byte code and font lists hold the folder's own path, so it is built where it stays; this
            # file, written last and with the size of the others, makes it valid.
            (environment.path / FINISHED).write_text(f"{size_of(environment.path)}\n", encoding="ascii")
    say(f"The environment {name} is built.")
    return environment


def remove(environment: Environment) -> None:
    """Delete a build. Whoever calls knows that nothing uses it. Raises SandboxFault when it is not there."""
    with _alone(environment.path):
        if not _is_finished(environment.path):
            raise SandboxFault(f"There is no build {environment.path.name}.")
        (environment.path / FINISHED).unlink()  # first, so that half of it is never found
        shutil.rmtree(environment.path)
    _lock_of(environment.path).unlink(missing_ok=True)


def _environment(name: str, digest: str) -> Environment:
    return Environment(name, BUILT / f"{name}-{digest}", digest)


def _is_finished(path: Path) -> bool:
    return (path / FINISHED).is_file()


def _folders() -> list[Path]:
    return [path for path in BUILT.iterdir() if _is_finished(path)] if BUILT.is_dir() else []


def _build(match: re.Match[str], path: Path) -> Build:
    environment = Environment(match[1], path, match[2])
    try:
        is_current = described(environment.name) == environment
    except SandboxFault:  # its recipe is gone
        is_current = False
    finished = path / FINISHED
    built_at = datetime.datetime.fromtimestamp(finished.stat().st_mtime, tz=datetime.UTC)
    noted = finished.read_text(encoding="ascii").strip()
    return Build(environment, int(noted) if noted.isdigit() else size_of(path), built_at, is_current)


@contextlib.contextmanager
def _all_or_nothing(environment: Environment) -> Iterator[None]:
    try:
        yield
    except (SandboxFault, OSError) as error:
        shutil.rmtree(environment.path, ignore_errors=True)
        raise SandboxFault(
            f"The environment {environment.name!r} could not be built; nothing of it is used. {error}"
        ) from error


def _refuse_a_small_disk(recipe: recipes.Recipe) -> None:
    free = shutil.disk_usage(BUILT).free // MEGABYTE
    if free < recipe.disk_mb:
        raise SandboxFault(
            f"The environment {recipe.name!r} needs {recipe.disk_mb:,} MB of disk in {BUILT}; {free:,} MB are free."
        )


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    BUILT.mkdir(mode=0o755, exist_ok=True)
    with _lock_of(path).open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _lock_of(path: Path) -> Path:
    return BUILT / f"{path.name}.lock"
