"""Interrupts a cell that runs too long or prints too much: an exception raised in the middle of it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

REPEAT_SECONDS = 0.5
# Frames of these files must not be cut off in the middle: they write to the host.
OURS = str(Path(__file__).parent)
# But for those that only call the cells.
CALLERS = {
    str(Path(__file__).with_name(f"{name}.py"))
    for name in ("main", "zygote", "run_cells", "learner", "checker", "script", "peer", "proxies")
}


class CellTimeout(KeyboardInterrupt):
    """The cell ran longer than it may."""


class Clock:
    """The time limit of the running cell.

    `reason` returns an exception to raise instead of the timeout, or None. The main thread is interrupted by
    a timer of the kernel's; what it waits for in C (`os.system`) is killed by `tick`, from another thread.
    """

    def __init__(self, seconds: float, reason: Callable[[], BaseException | None]) -> None:
        self._seconds = seconds
        self._reason = reason
        self._deadline = 0.0
        self._is_asked = False

    @property
    def expired(self) -> bool:
        return bool(self._deadline) and time.monotonic() >= self._deadline

    @property
    def seconds_left(self) -> float | None:
        return max(self._deadline - time.monotonic(), 0.0) if self._deadline else None

    def start(self, seconds: float | None = None) -> None:
        allowed = self._seconds if seconds is None else min(seconds, self._seconds)
        self._deadline = time.monotonic() + allowed
        signal.signal(signal.SIGALRM, self._interrupt)
        signal.signal(signal.SIGINT, self._ask)
        signal.setitimer(signal.ITIMER_REAL, max(allowed, 0.01), REPEAT_SECONDS)

    def hold(self) -> None:
        """No more interrupts: the cell is over, or its error is being written down."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def stop(self) -> None:
        self.hold()
        self._deadline, self._is_asked = 0.0, False

    def interrupt_now(self) -> None:
        os.kill(os.getpid(), signal.SIGALRM)

    def tick(self) -> None:
        if self._deadline and time.monotonic() > self._deadline + REPEAT_SECONDS / 2:
            kill_children()

    def check(self) -> None:
        """For whoever waits inside our own frames, which no signal may cut off: raises what the signal would."""
        if self._deadline and (error := self._why()):
            raise error

    def _why(self) -> BaseException | None:
        if error := self._reason():
            return error
        if self._is_asked:
            self._is_asked = False
            return KeyboardInterrupt()
        return CellTimeout(f"The cell ran longer than {self._seconds:g} seconds.") if self.expired else None

    def _ask(self, signal_: int, frame: FrameType | None) -> None:
        """Whoever waits for the cell wants no more of it."""
        if self._deadline:
            self._is_asked = True
            self._interrupt(signal_, frame)

    def _interrupt(self, _signal: int, frame: FrameType | None) -> None:
        if _is_ours(frame):
            signal.setitimer(signal.ITIMER_REAL, 0.01, REPEAT_SECONDS)
        elif error := self._why():
            raise error


def _is_ours(frame: FrameType | None) -> bool:
    while frame:
        name = frame.f_code.co_filename
        if name.startswith(OURS) and name not in CALLERS:
            return True
        frame = frame.f_back
    return False


def kill_children() -> None:
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            for pid in (task / "children").read_text(encoding="ascii").split():
                os.kill(int(pid), signal.SIGKILL)
