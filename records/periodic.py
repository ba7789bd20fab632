"""Periodic work: apps register it in `AppConfig.ready()`, the dispatcher runs it, one process at a time.

A job may run again earlier than its interval says (each time the dispatcher starts), never later by much:
it must be safe to repeat.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class PeriodicJob:
    name: str
    every: float
    run: Callable[[], object]
    # In a thread of its own: it waits for strangers (a mail server), and nothing else may wait for it.
    apart: bool = False
    next_at: float = 0.0


_jobs: dict[str, PeriodicJob] = {}


def register(name: str, *, every: float, run: Callable[[], object], apart: bool = False) -> None:
    """Have `run` called about every `every` seconds; the same name again replaces the job.

    One that is `apart` runs beside the others, never twice at a time; it may outlive the dispatcher's lease, so rows'
    own locks must keep two of it from doing the same.
    """
    _jobs[name] = PeriodicJob(name, every, run, apart)


def due(now: float | None = None) -> list[PeriodicJob]:
    """The jobs whose time has come, counted as started now. `now` is on the monotonic clock."""
    moment = time.monotonic() if now is None else now
    ready = [job for job in _jobs.values() if job.next_at <= moment]
    for job in ready:
        job.next_at = moment + job.every
    return ready
