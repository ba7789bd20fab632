"""The program "served": the learner's files, whose functions a check in another sandbox calls over the socket.

A request names a function and brings copies of the arguments; the answer is a plain value, or what went wrong.
Everything here runs beside the learner's code, so the other side believes nothing of it but the value.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from sandbox.inside.channel import Channel, PeerGone
from sandbox.inside.limits import limit_memory, open_reserve
from sandbox.inside.report import Report
from sandbox.inside.values import CannotCross, Decoder, Encoder, Nonsense

PEER = 4
LONGEST_OUTPUT = 20_000
LONGEST_WORDS = 2_000
REPEAT_SECONDS = 0.25


class CallTimeout(BaseException):
    """The call took longer than it may. Not an Exception, so that `except Exception` does not go on."""


def prepare(report: Report, job: dict[str, Any]) -> Callable[[], None]:
    channel = Channel(socket.socket(fileno=PEER))
    server = _Server(channel, job["settings"]["entry"], job["limits"]["memory_mb"])

    def run() -> None:
        report.send("ready")
        report.send("cell", k=0)
        began = time.monotonic()
        server.serve()
        report.send("end", k=0, status="ok", seconds=time.monotonic() - began)

    return run


class _Server:
    def __init__(self, channel: Channel, entry: str, memory_mb: int) -> None:
        self._channel, self._entry, self._memory_mb = channel, entry, memory_mb

    def serve(self) -> None:
        """Until the other side has gone."""
        with contextlib.suppress(PeerGone, Nonsense):
            while True:
                message, buffers = self._channel.receive()
                self._answer(message, buffers)

    def _answer(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        decoder, encoder = Decoder(buffers), Encoder()
        name = message["name"]
        args, kwargs = decoder.value(message["args"]), decoder.value(message["kwargs"])
        with _captured() as streams:
            limit_memory(min(message["memory_mb"] or self._memory_mb, self._memory_mb))
            try:
                with _timed(message["seconds"]):
                    value = self._call(name, args, kwargs) if name else importlib.import_module(self._entry)
                facts = {} if isinstance(value, ModuleType) and not name else {"value": encoder.tree(value)}
            except BaseException as error:
                encoder = Encoder()
                facts = _problem(error)
            finally:
                open_reserve()
        facts |= {name: stream.getvalue()[:LONGEST_OUTPUT] for name, stream in streams.items()}
        try:
            self._channel.send(facts, encoder.buffers)
        except (ValueError, MemoryError) as error:
            self._channel.send(_problem(CannotCross(str(error))), [])

    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        module, _dot, function = name.rpartition(".")
        found = importlib.import_module(module or self._entry)
        try:
            called = getattr(found, function)
        except AttributeError:
            raise _MissingError(f"{found.__name__}.py: {function}") from None
        return called(*args, **kwargs)


class _MissingError(Exception):
    """There is no such function."""


def _problem(error: BaseException) -> dict[str, Any]:
    problem = "raised"
    for kind, known in (
        (CallTimeout, "timeout"),
        (MemoryError, "memory"),
        (CannotCross, "unsendable"),
        (_MissingError, "missing"),
    ):
        if isinstance(error, kind):
            problem = known
    try:
        words = str(error)
    except BaseException:
        words = ""
    return {
        "problem": problem,
        "error": type(error).__name__[:80],
        "words": words[:LONGEST_WORDS],
        "line": _line_of(error),
    }


def _line_of(error: BaseException) -> int | None:
    """The last line of the learner's own files that the error went through."""
    here = str(Path.cwd())
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve().parent == Path(here)
    ]
    if isinstance(error, SyntaxError):
        return error.lineno
    return lines[-1] if lines else None


@contextlib.contextmanager
def _captured() -> Iterator[dict[str, io.StringIO]]:
    streams = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    with contextlib.redirect_stdout(streams["stdout"]), contextlib.redirect_stderr(streams["stderr"]):
        yield streams


@contextlib.contextmanager
def _timed(seconds: float) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise CallTimeout(f"The call took longer than {seconds:g} seconds.")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
