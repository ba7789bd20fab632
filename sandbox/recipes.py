"""What an environment is made of: its folder in `environments/`, and the digest that names the result."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxFault

REQUIREMENTS, LOCK, PREPARE, PRELOAD, WARM, FACTS = (
    "requirements.in",
    "requirements.lock",
    "prepare.py",
    "preload.txt",
    "warm.py",
    "environment.toml",
)
DIGEST_LENGTH = 12
# A public version and nothing else: "+cpu" and addresses are the business of the machine that builds.
PINNED = re.compile(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+")
KNOWN: dict[str, type] = {"extends": str, "unhashed": list, "download_mb": int, "disk_mb": int}


@dataclass(frozen=True)
class Recipe:
    """How to build one environment. `unhashed` is installed by plain pip, after and beside the lock.

    The numbers are those of a whole download and of the finished folder; 0: nobody said.
    """

    name: str
    folder: Path
    extends: Path | None
    unhashed: tuple[str, ...]
    download_mb: int
    disk_mb: int

    @property
    def requirements(self) -> Path:
        return self.folder / REQUIREMENTS

    @property
    def lock(self) -> Path:
        return self.folder / LOCK

    @property
    def warm(self) -> Path | None:
        return _if_file(self.folder / WARM)

    @property
    def preload(self) -> Path | None:
        return _if_file(self.folder / PRELOAD)

    @property
    def prepares(self) -> tuple[Path, ...]:
        """In the order in which they run."""
        folders = (self.extends, self.folder) if self.extends else (self.folder,)
        return tuple(path for folder in folders if (path := _if_file(folder / PREPARE)))

    def digest(self) -> str:
        """Names everything that goes in, this Python among it."""
        summary = hashlib.sha256(sys.version.encode())
        summary.update(f"{sys.base_prefix} {os.uname().machine}".encode())
        for name, content in self._inputs():
            summary.update(name.encode() + content)
        return summary.hexdigest()[:DIGEST_LENGTH]

    def _inputs(self) -> Iterator[tuple[str, bytes]]:
        for path in (self.lock, *self.prepares, self.preload, self.warm):
            if path:
                yield path.name, path.read_bytes()
        for requirement in self.unhashed:
            yield "unhashed", requirement.encode()


def read(sources: Path, name: str) -> Recipe:
    """The recipe in `sources`/`name`. Raises SandboxFault where there is none, or none that can be read."""
    folder = sources / name
    if not name.isidentifier() or not (folder / LOCK).is_file():
        raise SandboxFault(f"There is no environment {name!r} in {sources.name}/.")
    facts = _facts(folder / FACTS)
    extends = facts.get("extends")
    if extends is not None and not (extends.isidentifier() and (sources / extends).is_dir()):
        raise _wrong(folder / FACTS, f"there is no environment {extends!r} to extend")
    return Recipe(
        name=name,
        folder=folder,
        extends=sources / extends if extends else None,
        unhashed=tuple(facts.get("unhashed", ())),
        download_mb=facts.get("download_mb", 0),
        disk_mb=facts.get("disk_mb", 0),
    )


def names(sources: Path) -> list[str]:
    """The environments that have a recipe."""
    return sorted(lock.parent.name for lock in sources.glob(f"*/{LOCK}") if lock.parent.name.isidentifier())


def _facts(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, str(error)) from error
    for key, value in facts.items():
        if type(value) is not KNOWN.get(key):
            raise _wrong(path, f"{key}: known are {', '.join(KNOWN)}, each with a value of its type")
    for requirement in facts.get("unhashed", ()):
        if not isinstance(requirement, str) or not PINNED.fullmatch(requirement):
            raise _wrong(path, f"unhashed: {requirement!r} is not of the form name==1.2.3")
    return facts


def _wrong(path: Path, what: str) -> SandboxFault:
    return SandboxFault(f"{path.parent.name}/{path.name}: {what}.")


def _if_file(path: Path) -> Path | None:
    return path if path.is_file() else None
