"""Limits that a process sets on itself before strangers' code runs in it; it cannot raise them again."""

from __future__ import annotations

import resource

# The program and bubblewrap's own two count as well.
OWN_PROCESSES = 3
MEGABYTE = 1 << 20


def limit_resources(limits: dict[str, int | float]) -> None:
    """Everything but memory, which is limited when the imports are done (`limit_memory`)."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, int(limits["disk_mb"]) * MEGABYTE)
    _limit(resource.RLIMIT_NOFILE, 512)
    _limit(resource.RLIMIT_MEMLOCK, 64 * 1024)
    _limit(resource.RLIMIT_SIGPENDING, 256)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    _limit(resource.RLIMIT_CPU, int(limits["seconds"]) + 10)
    _limit(resource.RLIMIT_NPROC, int(limits["processes"]) + OWN_PROCESSES)


def limit_memory(megabytes: int) -> None:
    """Data, not address space: numpy and torch reserve far more than they use."""
    _limit(resource.RLIMIT_DATA, megabytes * MEGABYTE)


def _limit(what: int, value: int) -> None:
    _soft, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(what, (value, value))
