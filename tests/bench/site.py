"""Start of the whole site, first and later, and the memory of all its processes at rest."""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from lms.sitetest import Site
from tests.bench.figures import Figure

REST_SECONDS = 5


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder:
        first, _memory = _start(Path(folder))
        later = [_start(Path(folder)) for _ in range(3)]
    seconds = sorted(start for start, _memory in later)[1]
    memory = later[-1][1]
    return [
        Figure("first start with the sample group, until the first page", first, "s", "≤ 10 s"),
        Figure("later start, until the first page", seconds, "s", "≤ 3 s"),
        Figure("memory of all processes at rest (Pss)", sum(memory.values()), "MB", "≤ 450 MB"),
        *[Figure(f"· {name}", megabytes, "MB") for name, megabytes in sorted(memory.items())],
    ]


def _start(folder: Path) -> tuple[float, dict[str, float]]:
    """Seconds until the first page, and megabytes of Pss by part once everything has run for a while."""
    with Site(folder, "--demo") as site:
        time.sleep(REST_SECONDS)
        answered = re.search(r"the site answers at \S+ after ([\d.]+) s", site.lines())
        if answered is None:
            raise RuntimeError(f"the site does not say when it answered:\n{site.lines()}")
        return float(answered[1]), memory_of(site.family())


def memory_of(pids: Iterable[int]) -> dict[str, float]:
    found: dict[str, float] = {}
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):  # PostgreSQL has helpers that come and go
            process = psutil.Process(pid)
            line = " ".join(process.cmdline())
            names = ("postgres", "valkey", "granian", "celery", "dispatcher", "sandbox")
            name = next((name for name in names if name in line), "supervisor")
            found[name] = found.get(name, 0.0) + process.memory_full_info().pss / 2**20
    return found
