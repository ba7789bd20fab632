"""The program "checked": an author's `check.py`, which judges a program in another sandbox.

It reports in one cell, by outputs of the type `MIME`: plan (the cases), case (one that was judged), and fault
(the check itself is broken, and why).
"""

from __future__ import annotations

import contextlib
import importlib
import io
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from types import FrameType
from typing import Any

from sandbox.inside import checks
from sandbox.inside.channel import Channel, PeerGone
from sandbox.inside.checks import AuthorError, Reply
from sandbox.inside.judging_cases import guarded, judge, plan
from sandbox.inside.report import Report
from sandbox.inside.values import Decoder, Encoder, Nonsense

PEER = 4
MIME = "application/vnd.maru.check+json"
# A call is interrupted over there at its limit; a program that ignores this is given up so much later.
GRACE_SECONDS = 1.5
LOAD_SECONDS = 30.0
LAST_LINE = 1_000_000
PROBLEMS = {"", "raised", "timeout", "memory", "missing", "unsendable"}


def prepare(report: Report, job: dict[str, Any]) -> Callable[[], None]:
    channel = Channel(socket.socket(fileno=PEER))
    sys.modules["checks"] = checks

    def run() -> None:
        report.send("ready")
        report.send("cell", k=0)
        began = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            for message in _judged(Caller(channel, job["settings"]["seconds"]), job["settings"]):
                output = {"output_type": "display_data", "data": {MIME: message}, "metadata": {}}
                report.send("output", o=output)
        report.send("end", k=0, status="ok", seconds=time.monotonic() - began)

    return run


def _judged(caller: Caller, settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        guarded(lambda: importlib.import_module(PurePosixPath(settings["check"]).stem))
        cases = checks.registered
        yield {"kind": "plan", "cases": plan(cases, settings["points"], settings["only"])}
        caller.load()
        for case in judge(cases, caller, seed=settings["seed"], only=settings["only"]):
            yield {"kind": "case", "case": case}
    except AuthorError as error:
        yield {"kind": "fault", "text": str(error)}


class _GivenUp(BaseException):
    """The other side had its time. No OSError and no Exception: nothing on the way takes it for its own."""


class Caller:
    """Calls the program in the other sandbox, and believes nothing that comes from there but plain values."""

    def __init__(self, channel: Channel, seconds: float) -> None:
        self._channel, self._left = channel, seconds
        # Why no further call is answered: the program could not be loaded, or has gone, or takes us for a fool.
        self._ended: Reply | None = None

    def load(self) -> None:
        """Let the program be imported, outside the time of any case."""
        reply = self._exchange("", (), {}, seconds=LOAD_SECONDS, memory_mb=None)
        if reply.problem:
            self._ended = Reply(
                problem="load" if reply.problem == "raised" else reply.problem,
                error=reply.error,
                words=reply.words,
                line=reply.line,
                stderr=reply.stderr,
            )

    def call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        seconds: float,
        memory_mb: int | None,
    ) -> Reply:
        if self._ended is not None:
            return self._ended
        if self._left <= 0:
            return Reply(problem="no_time")
        reply = self._exchange(name, args, kwargs, seconds=min(seconds, self._left), memory_mb=memory_mb)
        self._left -= reply.seconds
        return reply

    def _exchange(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        seconds: float,
        memory_mb: int | None,
    ) -> Reply:
        encoder = Encoder()
        message = {
            "name": name,
            "args": encoder.tree(args),
            "kwargs": encoder.tree(kwargs),
            "seconds": seconds,
            "memory_mb": memory_mb,
        }
        began = time.monotonic()
        try:
            with _given_up_after(seconds + GRACE_SECONDS):
                self._channel.send(message, encoder.buffers)
                facts, buffers = self._channel.receive()
                spent = time.monotonic() - began
                return _reply(facts, buffers, spent)
        except _GivenUp:
            return self._end("timeout", began)
        except PeerGone:
            return self._end("died", began)
        except (Nonsense, MemoryError, RecursionError):
            return self._end("nonsense", began)

    def _end(self, problem: str, began: float) -> Reply:
        self._ended = Reply(problem="not_run")
        return Reply(problem=problem, seconds=time.monotonic() - began)


def _reply(facts: dict[str, Any], buffers: list[bytes], seconds: float) -> Reply:
    """Raises Nonsense where our program over there never writes this."""
    decoder = Decoder(buffers)
    problem = facts.get("problem", "")
    line = facts.get("line")
    if problem not in PROBLEMS or not (line is None or (type(line) is int and 0 < line < LAST_LINE)):
        raise Nonsense("problem")
    streams: dict[str, Any] = {name: decoder.text(facts, name)[:20_000] for name in ("stdout", "stderr")}
    if problem:
        error, words = decoder.text(facts, "error")[:80], decoder.text(facts, "words")[:2000]
        return Reply(problem=problem, error=error, words=words, line=line, seconds=seconds, **streams)
    return Reply(value=decoder.value(facts.get("value")), seconds=seconds, **streams)


@contextlib.contextmanager
def _given_up_after(seconds: float) -> Iterator[None]:
    """Raises _GivenUp in whatever is going on: writing, reading drop by drop, or making a value of it."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise _GivenUp

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
