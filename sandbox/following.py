"""Follows running sandboxes: what they report, and when they must end."""

from __future__ import annotations

import select
import signal
import time
from collections.abc import Callable, Iterator

from sandbox.collect import Collector, Event
from sandbox.cures import explain
from sandbox.errors import SandboxFault
from sandbox.jobs import CellStatus, Job, Result, ResultStatus
from sandbox.messages import FloodedError, Reader
from sandbox.process import Process, read_available
from sandbox.watch import MEGABYTE, Watch

TICK_SECONDS = 0.2
START_SECONDS = 60.0
# A cell is interrupted inside at its limit; one that ignores this ends the job so much later.
GRACE_SECONDS = 2.0
# For what still lies in the pipe when all processes are gone.
DRAIN_SECONDS = 2.0
# Two that work together: after the end of one the other has this long.
PARTNER_SECONDS = 1.0
# bubblewrap's exit status for a program killed by a signal.
SIGNALLED = 128
MOST_WORDS = 4096
NAMES: dict[ResultStatus, str] = {
    "done": "",
    "died": "ProgramDied",
    "timeout": "CellTimeout",
    "memory": "OutOfMemory",
    "output": "OutputLimitExceeded",
}


def follow(*runnings: Running) -> None:
    """Until all have ended. When one ends the others get a little time to end by themselves."""
    last = float("inf")
    while going := [running for running in runnings if running.status is None]:
        if len(going) < len(runnings):
            last = min(last, time.monotonic() + PARTNER_SECONDS)
        if time.monotonic() > last:
            for running in going:
                running.end("died", "The program that it worked with ended before it.")
            return
        poll = select.poll()
        for descriptor in {fd for running in going for fd in running.descriptors}:
            poll.register(descriptor, select.POLLIN)
        wait = max(min(running.next_tick for running in going) - time.monotonic(), 0)
        ready = {descriptor for descriptor, _event in poll.poll(wait * 1000)}
        for running in going:
            running.step(ready)


class Running:
    """One job while it runs: three descriptors and three clocks (tick, cell, start)."""

    def __init__(self, job: Job, process: Process, emit: Callable[[Event], None]) -> None:
        self.job = job
        self.process = process
        self.emit = emit
        self.collector = Collector(job.cells)
        self.reader = Reader(process.reports, job.limits)
        self.watch = Watch(
            process.init_pid,
            job.limits,
            process.kill,
            preloaded=process.preloaded,
            group=process.group,
        )
        self.began = self.ticked = time.monotonic()
        self.status: ResultStatus | None = None
        self.detail = ""
        self.words = ""
        self.descriptors = {process.reports, process.init, process.errors}

    @property
    def next_tick(self) -> float:
        return self.ticked + TICK_SECONDS

    def step(self, ready: set[int]) -> None:
        self._tick()
        if self.process.errors in ready:
            self._listen_to_errors()
        if self.process.reports in ready:
            self._read()
            if self.reader.is_closed:
                self.descriptors.discard(self.process.reports)
        else:  # an unread message may say that the cell has ended, however long our listener took
            self._look_at_clocks()
        if self.process.init in ready:
            self._read_to_the_end()

    def close(self) -> Result:
        """Leave nothing of it and say what it did. Raises SandboxFault when it never began."""
        words = self.words + read_available(self.process.errors)
        self.watch.stop()
        exit_status = self.process.close()
        if not self.collector.is_ready:
            raise explain(self.collector.fault or words or f"exit status {exit_status}")
        if exit_status is None and self.status == "died":
            raise SandboxFault("The process that the sandbox came from is gone, and the sandbox with it.")
        return self._result(exit_status)

    def _result(self, exit_status: int | None) -> Result:
        status = self.status or "died"
        detail = self.detail or (_how_it_died(exit_status or 0) if status == "died" else "")
        cell_status: CellStatus = "timeout" if status == "timeout" else "error"
        cells = self.collector.results(cell_status, NAMES[status], detail)
        seconds = round(time.monotonic() - self.began, 6)
        return Result(
            status, cells, seconds, round(self.watch.peak / MEGABYTE, 1), detail, self.process.start
        )

    def _read(self) -> None:
        was_ready = self.collector.is_ready
        for events in self._taken():
            for event in events:
                self.emit(event)
        if self.collector.is_ready and not was_ready:
            self.watch.start()
        if self.collector.is_done:
            self.end("done")

    def _taken(self) -> Iterator[list[Event]]:
        """What one read has to tell. Whatever a message does to us, its writer is to blame, and not the platform."""
        try:
            for message in self.reader.read():
                yield self.collector.take(message)
        except (OSError, MemoryError):
            raise  # these are the machine's
        except FloodedError:
            self.end("output", "The program put out far more than its limit and was ended.")
        except Exception:  # noqa: BLE001 - a message that we failed to foresee is as forged as one we did
            self.end("died", "The program wrote into the sandbox's own channel and was ended.")

    def _read_to_the_end(self) -> None:
        """All processes are gone; what they wrote before may still lie in the pipe."""
        until = time.monotonic() + DRAIN_SECONDS
        self._read()
        while self.status is None and not self.reader.is_empty and time.monotonic() < until:
            self._read()
        verdict = self.watch.look_again()
        if verdict == "memory":
            self.end("memory", f"The program used more than its {self.job.limits.memory_mb} MB of memory.")
        elif verdict == "timeout":
            self.end("timeout", f"The job ran longer than its {self.job.limits.seconds:g} seconds.")
        else:
            self.end("died")

    def _tick(self) -> None:
        if time.monotonic() - self.ticked >= TICK_SECONDS:
            self.ticked = time.monotonic()
            self.emit({"type": "tick"})

    def _look_at_clocks(self) -> None:
        now = time.monotonic()
        allowed = self.job.limits.cell_seconds
        if self.collector.began is not None and now > self.collector.began + allowed + GRACE_SECONDS:
            self.end("timeout", f"A cell ran on after its {allowed:g} seconds and could not be interrupted.")
        elif not self.collector.is_ready and now > self.began + START_SECONDS:
            self.end("died", "The sandbox did not start in time.")

    def _listen_to_errors(self) -> None:
        """Bubblewrap's own words. Later a program may reach this pipe: it is emptied and forgotten."""
        words = read_available(self.process.errors)
        if not words:
            self.descriptors.discard(self.process.errors)
        if not self.collector.is_ready and len(self.words) < MOST_WORDS:
            self.words += words

    def end(self, status: ResultStatus, detail: str = "") -> None:
        if self.status is None:
            self.status, self.detail = status, detail


def _how_it_died(exit_status: int) -> str:
    if exit_status > SIGNALLED:
        try:
            name = signal.Signals(exit_status - SIGNALLED).name
        except ValueError:
            name = f"signal {exit_status - SIGNALLED}"
        return f"The program was killed by {name} before it was finished."
    return f"The program ended itself with status {exit_status} before it was finished."
