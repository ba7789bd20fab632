"""Watches what a sandbox uses, from outside, and ends it when it uses too much.

This bounds the memory of all its processes together; RLIMIT_DATA bounds each. It asks the job's control group, or
adds up where there is none, as for most ordinary users. Counted are private and shared memory, and what lies in the
writable folders (they are memory too); program code and file caches are not.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sandbox.bubblewrap import HOME, SHARED_MEMORY, TEMPORARY
from sandbox.cgroups import Group
from sandbox.jobs import Limits

EVERY_SECONDS = 0.05
MEGABYTE = 1 << 20
# The program itself fails with a MemoryError at the limit; only what escapes that is ended a little above it.
SLACK = 1 / 16
MOST_FILES = 20_000
WRITABLE = (HOME, TEMPORARY, SHARED_MEMORY)

Verdict = Literal["", "memory", "timeout"]


@dataclass(frozen=True)
class Usage:
    memory: int
    files: int


class Watch:
    """A thread per job, so that a slow listener of events cannot delay it."""

    def __init__(
        self,
        init_pid: int,
        limits: Limits,
        kill: Callable[[], None],
        *,
        preloaded: int = 0,
        group: Group | None = None,
    ) -> None:
        self._init_pid = init_pid
        # Of what was there before, the group counts only what the job has changed.
        self._allowed = allowed_memory(limits) + (0 if group else preloaded)
        self._group = group
        self._seconds = limits.seconds
        self._kill = kill
        self._deadline = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sandbox-watch", daemon=True)
        self.verdict: Verdict = ""
        self.peak = 0

    def start(self) -> None:
        """From now on the program's time counts, and its folders are its own."""
        self._deadline = time.monotonic() + self._seconds
        self._thread.start()

    def _used(self) -> Usage:
        memory = self._group.used if self._group else None
        if memory is None:
            return used_by(self._init_pid, exact_from=self._allowed)
        return Usage(memory, _stored(self._init_pid)[1])

    def look_again(self) -> Verdict:
        """The verdict when all is over; the kernel may have been faster than we."""
        if not self.verdict and self._group and self._group.ran_over:
            self.verdict = "memory"
        return self.verdict

    def stop(self) -> None:
        self._ended.set()
        if self._thread.ident:
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.is_set():
            usage = self._used()
            self.peak = max(self.peak, usage.memory)
            over = usage.memory > self._allowed or usage.files > MOST_FILES
            if over or (self._group and self._group.ran_over):
                self.verdict = "memory"
            elif time.monotonic() > self._deadline:
                self.verdict = "timeout"
            if self.verdict:
                self._kill()
                return
            self._ended.wait(EVERY_SECONDS)


def allowed_memory(limits: Limits) -> int:
    """Bytes that all processes of a job may use together."""
    return int(limits.memory_mb * MEGABYTE * (1 + SLACK))


def used_by(init_pid: int, *, exact_from: int) -> Usage:
    """What the sandbox of this first process uses. Pages that processes share are counted once only when the
    sum is over `exact_from`: to divide them the kernel must walk all page tables.
    """
    pids = [pid for pid in _processes_of(init_pid) if pid != init_pid]  # which only waits
    stored, files = _stored(init_pid)
    memory = stored + sum(map(_resident, pids))
    if memory > exact_from:
        memory = stored + sum(map(_share_of, pids))
    return Usage(memory, files)


def _processes_of(init_pid: int) -> Iterator[int]:
    """The first process and its descendants: whoever loses his parent becomes a child of the first."""
    waiting = [init_pid]
    while waiting:
        pid = waiting.pop()
        yield pid
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                children = (task / "children").read_text(encoding="ascii")
                waiting += map(int, children.split())


def _resident(pid: int) -> int:
    return _field_sum(pid, "status", ("RssAnon:", "RssShmem:")) or 0


def _share_of(pid: int) -> int:
    """What this process uses alone, and its share of the rest; all of it where the kernel does not tell."""
    share = _field_sum(pid, "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))
    return _resident(pid) if share is None else share


def _field_sum(pid: int, name: str, fields: tuple[str, ...]) -> int | None:
    """Bytes, or None when the process is gone or does not let itself be read."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/{name}").read_text(encoding="ascii", errors="replace").splitlines()
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(fields))
    return None


def _stored(init_pid: int) -> tuple[int, int]:
    """Bytes and number of files in the writable folders. They are mounts: nobody inside can replace them."""
    size = files = 0
    for folder in WRITABLE:
        with contextlib.suppress(OSError):
            facts = os.statvfs(f"/proc/{init_pid}/root{folder}")
            size += (facts.f_blocks - facts.f_bfree) * facts.f_frsize
            files += facts.f_files - facts.f_ffree
    return size, files
