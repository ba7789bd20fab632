"""Start of the whole site, first and later, and the memory of all its processes at rest."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from lms.management.commands.smoke import running_site
from tests.bench.figures import Figure

REST_SECONDS = 5


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder:
        first, _memory = _start(Path(folder))
        later = [_start(Path(folder)) for _ in range(3)]
    seconds = sorted(start for start, _memory in later)[1]
    memory = later[-1][1]
    return [
        Figure("first start, to a ready site with the sample group", first, "s", "≤ 10 s"),
        Figure("later start, to a ready site", seconds, "s", "≤ 3 s"),
        Figure("memory of all processes at rest (Pss)", sum(memory.values()), "MB", "≤ 450 MB"),
        *[Figure(f"· {name}", megabytes, "MB") for name, megabytes in sorted(memory.items())],
    ]


def _start(folder: Path) -> tuple[float, dict[str, float]]:
    began = time.monotonic()
    with running_site(folder, quiet=True):
        seconds = time.monotonic() - began
        time.sleep(REST_SECONDS)
        return seconds, _memory_of(folder)


def _memory_of(folder: Path) -> dict[str, float]:
    """Megabytes of Pss by kind of process, of everything that this process started."""
    found: dict[str, float] = {}
    for process in psutil.Process().children(recursive=True):
        line = " ".join(process.cmdline())
        names = ("postgres", "valkey", "granian", "celery", "dispatcher")
        name = next((name for name in names if name in line), "supervisor")
        found[name] = found.get(name, 0.0) + process.memory_full_info().pss / 2**20
    return found
