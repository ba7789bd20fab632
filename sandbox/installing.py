"""Fills a new environment: the lock with its hashes, what has none, what `prepare.py` leaves, and the proof."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from sandbox.bubblewrap import ONE_THREAD
from sandbox.errors import SandboxFault
from sandbox.recipes import PRELOAD, Recipe

SMOKE_TEST = Path(__file__).with_name("smoke.py")
WARM_MODULE = "environment_warm"
STEP_SECONDS = 1800
# After so many seconds, and again each time, a step says how far it is.
SAY_SECONDS = 10
ASK_SECONDS = 10
MEGABYTE = 1_000_000
Say = Callable[[str], None]
Words = list[str | Path]


class Installer:
    """Builds one recipe into `target`, which must not be there. Raises SandboxFault with the tool's words."""

    def __init__(self, recipe: Recipe, target: Path, say: Say) -> None:
        self.recipe, self.target, self.say = recipe, target, say
        self.python = target / "bin" / "python"

    def install(self) -> None:
        self._locked()
        self._unhashed()
        for prepare in self.recipe.prepares:
            self._run("preparing", [self.python, "-I", prepare, self.target])
        self._warmth()
        self._prove()

    def _locked(self) -> None:
        locked: Words = ["--require-hashes", "--requirement", self.recipe.lock]
        if not self._locked_with_uv(locked):
            shutil.rmtree(self.target, ignore_errors=True)
            self._run("a new Python", [_base_python(), "-m", "venv", "--without-pip", self.target])
            self._run("the lock", [*self._pip("install"), "--quiet", *locked])

    def _locked_with_uv(self, locked: Words) -> bool:
        """False where there is no uv, or where it fails: pip may be set up for a proxy that uv knows nothing of."""
        uv = _uv()
        if uv is None:
            return False
        new: Words = [uv, "venv", "--quiet", "--no-project", "--no-config", "--python", _base_python()]
        fill: Words = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", self.python]
        try:
            self._run("a new Python", [*new, self.target])
            self._run("the lock", [*fill, *locked])
        except SandboxFault:
            return False
        return True

    def _unhashed(self) -> None:
        """What pip chooses on this machine, told with its size, and exactly that."""
        if not self.recipe.unhashed:
            return
        asked: Words = [*self._pip("install"), "--quiet", "--dry-run", "--report", "-"]
        chosen = json.loads(self._run("asking pip", [*asked, *self.recipe.unhashed]))["install"]
        exact = [f"{one['metadata']['name']}=={one['metadata']['version']}" for one in chosen]
        sizes = [_size(one["download_info"]["url"]) for one in chosen]
        known = (
            "" if None in sizes else f": {sum(map(int, filter(None, sizes))) // MEGABYTE:,} MB to download"
        )
        others = f" and {len(exact) - 1} packages that this build needs" if len(exact) > 1 else ""
        self.say(f"  {exact[0]}{others}{known}" if exact else "  nothing without hashes is missing")
        if exact:
            self._run(exact[0], [*self._pip("install"), "--quiet", "--no-deps", *exact])

    def _warmth(self) -> None:
        """What a warm start needs lies in the build: a later recipe may need other imports."""
        if self.recipe.warm:
            (packages,) = self.target.glob("lib/python3*/site-packages")
            shutil.copyfile(self.recipe.warm, packages / f"{WARM_MODULE}.py")
        if self.recipe.preload:
            shutil.copyfile(self.recipe.preload, self.target / PRELOAD)

    def _prove(self) -> None:
        """Everything imports, and what a warm start imports leaves one thread."""
        names = [requirement.partition("==")[0] for requirement in self.recipe.unhashed]
        self._run("importing", [self.python, "-I", SMOKE_TEST, self.recipe.requirements, *names])
        if self.recipe.preload:
            self._run("preloading", [self.python, "-I", SMOKE_TEST, "--preload", self.target / PRELOAD])

    def _pip(self, command: str) -> Words:
        """Our own pip installs into it: what a distribution puts into new environments stays out."""
        ours: Words = [sys.executable, "-m", "pip", "--python", self.python, "--disable-pip-version-check"]
        return [*ours, command]

    def _run(self, step: str, words: Words) -> str:
        began = time.monotonic()
        process = subprocess.Popen(
            words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **dict.fromkeys(ONE_THREAD, "1")},
            umask=0o022,  # whoever a sandbox runs as must be able to read it
        )
        with process:
            try:
                output, errors = self._follow(process, step, began)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            tail = "\n".join((errors or output).strip().splitlines()[-15:])
            raise SandboxFault(f"{Path(words[0]).name} failed with status {process.returncode}:\n{tail}")
        return output

    def _follow(self, process: subprocess.Popen[str], step: str, began: float) -> tuple[str, str]:
        while True:
            try:
                return process.communicate(timeout=SAY_SECONDS)
            except subprocess.TimeoutExpired:
                seconds = time.monotonic() - began
                if seconds > STEP_SECONDS:
                    raise SandboxFault(f"{step}: not done after {STEP_SECONDS:,} seconds.") from None
                self.say(f"  {step}: {seconds:.0f} s, {size_of(self.target) // MEGABYTE:,} MB so far")


def size_of(folder: Path) -> int:
    """Bytes of all files below it; what vanishes meanwhile counts nothing."""
    total = 0
    for place, _folders, files in os.walk(folder):
        for name in files:
            try:
                total += Path(place, name).lstat().st_size
            except OSError:
                continue
    return total


def _size(url: str) -> int | None:
    """Bytes of what pip would fetch; None where nobody says."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "file":
        return Path(urllib.parse.unquote(parts.path)).stat().st_size
    if parts.scheme != "https":
        return None
    question = urllib.request.Request(url, method="HEAD")  # noqa: S310 - https, as checked
    try:
        with urllib.request.urlopen(question, timeout=ASK_SECONDS) as answer:  # noqa: S310 - same
            return int(answer.headers["Content-Length"])
    except (OSError, TypeError, ValueError):
        return None


def _uv() -> str | None:
    beside = Path(sys.prefix, "bin", "uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


def _base_python() -> str:
    """Not our own virtual environment's: the new one must not hang on it."""
    return str(getattr(sys, "_base_executable", sys.executable))
