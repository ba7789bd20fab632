"""Runs jobs, each in a sandbox of its own; two may work together."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Self

from sandbox import process, warm
from sandbox.collect import Event
from sandbox.errors import SandboxFault
from sandbox.following import Running, follow
from sandbox.jobs import Job, Result

Listener = Callable[[Event], None]
# How long a program may take to make room for what it is sent.
SEND_SECONDS = 5.0


class Handle:
    """A sandbox that was opened: talk with it from a listener or another thread, then take its result.

    Use it in a `with`, or call `close` or `result` in the end: nothing of the job is left afterwards.
    """

    def __init__(self, running: Running, channel: socket.socket | None) -> None:
        self._running = running
        self._channel = channel
        self._is_open = True

    def send(self, data: bytes) -> None:
        """To the program's own input. Raises OSError when the program ended or does not read."""
        if self._channel is None:
            raise OSError("This program has no input of its own.")
        self._channel.sendall(data)

    def interrupt(self) -> None:
        """Raise a KeyboardInterrupt in what runs now."""
        self._running.process.interrupt()

    def close(self) -> None:
        """End it, whatever it did; there is no result then."""
        if self._is_open:
            with contextlib.suppress(SandboxFault):  # it may never have begun
                self._finish()

    def result(self) -> Result:
        """Follow the job to its end; `on_event` is called from here. What it raises ends the job."""
        if not self._is_open:
            raise ValueError("This sandbox is closed.")
        try:
            follow(self._running)
        except BaseException:
            self.close()
            raise
        return self._finish()

    def _finish(self) -> Result:
        self._is_open = False
        try:
            return self._running.close()
        finally:
            if self._channel:
                self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def open(  # noqa: A001 - `sandbox.open`, as one opens a file
    job: Job, *, on_event: Listener | None = None, peer: socket.socket | None = None
) -> Handle:
    """Start the job. Raises SandboxUnavailable where this machine cannot isolate, and SandboxFault.

    A `peer` is what the program talks with, and stays the caller's to close; without one, a program other than
    cells gets a socket to `Handle.send`.
    """
    if peer is not None or job.program == "cells":
        return Handle(_running(job, peer, on_event), None)
    ours, theirs = socket.socketpair()
    ours.settimeout(SEND_SECONDS)
    with theirs:
        try:
            return Handle(_running(job, theirs, on_event), ours)
        except BaseException:
            ours.close()
            raise


def run(job: Job, *, on_event: Listener | None = None) -> Result:
    """Run the job and say what happened; blocks, and may be called from many threads at once.

    `on_event` hears of everything as it happens, and of a "tick" every 0.2 s, in the calling thread. What it
    raises ends the job and comes out of here. Raises SandboxUnavailable where this machine cannot isolate and
    SandboxFault for whatever else is not the program's doing. Nothing of the job is left afterwards.
    """
    return open(job, on_event=on_event).result()


def run_pair(first: Job, second: Job, *, on_event: Listener | None = None) -> tuple[Result, Result]:
    """Run two jobs that talk with each other over a socket, as `run` does.

    Both have the shorter time of the two, and after the end of one the other ends a second later. Events have
    a key "side", 0 or 1, and a "tick" comes from both.
    """
    limits = [
        replace(job.limits, seconds=min(first.limits.seconds, second.limits.seconds))
        for job in (first, second)
    ]
    jobs = [replace(job, limits=limit) for job, limit in zip((first, second), limits, strict=True)]
    ends = socket.socketpair()
    with contextlib.ExitStack() as stack:
        handles = []
        with ends[0], ends[1]:
            for side, (job, end) in enumerate(zip(jobs, ends, strict=True)):
                emit = partial(_emit_from, side, on_event) if on_event else None
                handles.append(stack.enter_context(open(job, on_event=emit, peer=end)))
        return _results(*handles)


def _results(first: Handle, second: Handle) -> tuple[Result, Result]:
    follow(first._running, second._running)  # noqa: SLF001 - ours
    return first.result(), second.result()


def _running(job: Job, peer: socket.socket | None, on_event: Listener | None) -> Running:
    descriptor = peer.fileno() if peer else None
    return Running(job, warm.start(job, descriptor) or process.start(job, descriptor), on_event or _ignore)


def _emit_from(side: int, on_event: Listener, event: Event) -> None:
    on_event({**event, "side": side})


def _ignore(_event: Event) -> None:
    """Nobody listens."""
