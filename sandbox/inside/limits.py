"""Limits that a process sets on itself before strangers' code runs in it; it cannot raise them again."""

from __future__ import annotations

import contextlib
import resource
from dataclasses import dataclass
from pathlib import Path

# The program and bubblewrap's own two count as well.
OWN_PROCESSES = 3
MEGABYTE = 1 << 20
# To write a MemoryError down takes memory: 1/32 more than the cells get, half of what the watcher outside allows.
RESERVE = 32
OPEN_FILES = 128


@dataclass
class Preloaded:
    """Data of libraries that were imported before a job asked for them: its memory is what comes on top."""

    bytes: int = 0


PRELOADED = Preloaded()
WORTH_LEAST = "1000"  # the kernel's highest score


def limit_resources(limits: dict[str, int | float]) -> None:
    """Everything but memory, which is limited when the imports are done (`limit_memory`)."""
    _die_first()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, int(limits["disk_mb"]) * MEGABYTE)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_MEMLOCK, 64 * 1024)
    _limit(resource.RLIMIT_SIGPENDING, 256)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    _limit(resource.RLIMIT_CPU, int(limits["seconds"]) + 10)
    _limit(resource.RLIMIT_NPROC, int(limits["processes"]) + OWN_PROCESSES)


def limit_memory(megabytes: int) -> None:
    """What the next cell gets. Data, not address space: numpy and torch reserve far more than they use."""
    most = megabytes * MEGABYTE + PRELOADED.bytes
    hard = _at_most_hard(resource.RLIMIT_DATA, most + megabytes * MEGABYTE // RESERVE)
    resource.setrlimit(resource.RLIMIT_DATA, (min(most, hard), hard))


def open_reserve() -> None:
    """The cell is over, or failed: what is left to do is ours."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _die_first() -> None:
    """When the machine runs out of memory, not the database but this; root's launcher has made it final before."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(WORTH_LEAST, encoding="ascii")


def _limit(what: int, value: int) -> None:
    value = _at_most_hard(what, value)
    resource.setrlimit(what, (value, value))


def _at_most_hard(what: int, value: int) -> int:
    _soft, hard = resource.getrlimit(what)
    return value if hard == resource.RLIM_INFINITY else min(value, hard)
