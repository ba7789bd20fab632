"""The libraries that a job may use: a locked requirements file, built once into a virtual environment.

`environments/<name>/` holds `requirements.in`, `requirements.lock` (with hashes) and perhaps `prepare.py`,
which the new environment's Python runs with the environment's folder as its argument. What it leaves in
`home/` there is linked into every job's home. The result lies in `.environments/<name>-<digest>/` and is
never changed again: other requirements have another digest.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxFault

PROJECT = Path(__file__).parents[1]
SOURCES = PROJECT / "environments"
BUILT = PROJECT / ".environments"
SMOKE_TEST = Path(__file__).with_name("smoke.py")
INPUTS = ("requirements.lock", "prepare.py")
FINISHED = "finished"
DIGEST_LENGTH = 12
BUILD_SECONDS = 1800


@dataclass(frozen=True)
class Environment:
    """A built environment. `digest` names its exact contents; it is recorded with each grade."""

    name: str
    path: Path
    digest: str


def find(name: str) -> Environment:
    """The environment as its lock file says today. Raises SandboxFault when that is not built."""
    environment = _described(name)
    if not _is_finished(environment.path):
        raise SandboxFault(f"The environment {name!r} is not built. Build it: python -m sandbox build {name}")
    return environment


def build(name: str, *, say: Callable[[str], None] = print) -> Environment:
    """Build the environment unless it is there, and return it; one builder at a time, the others wait.

    Raises SandboxFault, with the installer's words, when it cannot be built or does not import.
    """
    environment = _described(name)
    with _only_builder(environment):
        if _is_finished(environment.path):
            return environment
        say(f"Building the environment {name} ({environment.digest}) …")
        shutil.rmtree(environment.path, ignore_errors=True)  # of a build that was cut off
        _install(SOURCES / name, environment.path)
        _smoke_test(environment)
        # Scripts, byte code and font lists hold the folder's own path, so it is built where it stays; this
        # file, written last, makes it valid.
        (environment.path / FINISHED).touch()
    say(f"The environment {name} is built.")
    return environment


def _is_finished(path: Path) -> bool:
    return (path / FINISHED).is_file()


def _smoke_test(environment: Environment) -> None:
    python = environment.path / "bin" / "python"
    _run([python, "-I", SMOKE_TEST, SOURCES / environment.name / "requirements.in"])


def _described(name: str) -> Environment:
    folder = SOURCES / name
    if not name.isidentifier() or not (folder / "requirements.lock").is_file():
        raise SandboxFault(f"There is no environment {name!r} in {SOURCES.name}/.")
    digest = _digest(folder)
    return Environment(name, BUILT / f"{name}-{digest}", digest)


def _digest(folder: Path) -> str:
    summary = hashlib.sha256(sys.version.encode())
    summary.update(f"{sys.base_prefix} {os.uname().machine}".encode())
    for name in INPUTS:
        path = folder / name
        if path.is_file():
            summary.update(name.encode() + path.read_bytes())
    return summary.hexdigest()[:DIGEST_LENGTH]


@contextlib.contextmanager
def _only_builder(environment: Environment) -> Iterator[None]:
    BUILT.mkdir(mode=0o755, exist_ok=True)
    with (BUILT / f"{environment.path.name}.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(source: Path, target: Path) -> None:
    python = target / "bin" / "python"
    locked: list[str | Path] = ["--require-hashes", "--requirement", source / "requirements.lock"]
    if not _install_with_uv(target, locked):
        shutil.rmtree(target, ignore_errors=True)
        # Our own pip installs into it: what a distribution puts into new environments stays out.
        pip: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "--disable-pip-version-check",
        ]
        _run([_base_python(), "-m", "venv", "--without-pip", target])
        _run([*pip, "install", "--quiet", *locked])
    prepare = source / "prepare.py"
    if prepare.is_file():
        _run([python, "-I", prepare, target])


def _install_with_uv(target: Path, locked: list[str | Path]) -> bool:
    """False where there is no uv, or where it fails: pip may be set up for a proxy that uv knows nothing of."""
    uv = _uv()
    if uv is None:
        return False
    try:
        _run([uv, "venv", "--quiet", "--no-project", "--no-config", "--python", _base_python(), target])
        python = target / "bin" / "python"
        _run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, *locked])
    except SandboxFault:
        return False
    return True


def _uv() -> str | None:
    beside = Path(sys.prefix, "bin", "uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


def _base_python() -> str:
    """Not our own virtual environment's: the new one must not hang on it."""
    return str(getattr(sys, "_base_executable", sys.executable))


def _run(words: list[str | Path]) -> None:
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        check=False,
        timeout=BUILD_SECONDS,
        stdin=subprocess.DEVNULL,
        umask=0o022,  # whoever a sandbox runs as must be able to read it
    )
    if done.returncode:
        tail = "\n".join((done.stderr or done.stdout).strip().splitlines()[-15:])
        raise SandboxFault(f"{Path(words[0]).name} failed with status {done.returncode}:\n{tail}")
