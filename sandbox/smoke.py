"""Imports every package that a requirements.in and further words name, in the environment whose Python runs this.

With `--preload FILE` it imports what that file lists, and fails when this leaves more than one thread.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def main() -> None:
    if sys.argv[1] == "--preload":
        _preload(Path(sys.argv[2]))
        return
    modules: dict[str, list[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            modules.setdefault(_normal(name), []).append(module)
    for name in [*_named(Path(sys.argv[1])), *sys.argv[2:]]:
        if _is_installed(name):
            for module in modules.get(_normal(name), []):
                if not module.startswith("_"):
                    importlib.import_module(module)


def _named(requirements: Path) -> Iterator[str]:
    for line in requirements.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            yield from _named(requirements.parent / line.removeprefix("-r ").strip())
        elif match := NAME.match(line):
            yield match.group()


def _preload(listed: Path) -> None:
    for name in listed.read_text(encoding="utf-8").split("\n"):
        if name.strip() and not name.startswith("#"):
            importlib.import_module(name.strip())
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads > 1:
        sys.exit(f"{listed.name} leaves {threads} threads; children of such a process may hang.")


def _is_installed(name: str) -> bool:
    """A requirement for other versions of Python is in the lock but not here."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
