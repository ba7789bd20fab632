"""Standard output and error of the cells, live: what Python prints and what anybody writes to fd 1 and 2.

As in ipykernel, a thread reads the two descriptors. Unlike there, each Python-level print first takes what
already lies in them, so that `os.system("echo a"); print("b")` comes out in this order.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import io
import os
import select
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.inside.report import Report

FLUSH_SECONDS = 0.05
CHUNK = 16_384
PIPE_BYTES = 1 << 20
READS_AT_ONCE = 4
NAMES = {1: "stdout", 2: "stderr"}


class OutputLimitExceeded(BaseException):
    """The cell printed more than it may. Not an Exception, so that `except Exception` does not go on."""


class Capture:
    """The one place that all output of a cell goes through, in order and bounded.

    `on_tick` is called about twenty times a second by the reading thread, `on_overflow` by it when a cell's
    output on the descriptors went over the limit.
    """

    def __init__(
        self,
        report: Report,
        output_bytes: int,
        *,
        on_tick: Callable[[], None],
        on_overflow: Callable[[], None],
    ) -> None:
        self._report = report
        self._allowed = output_bytes
        self._left = output_bytes
        self._on_tick = on_tick
        self._on_overflow = on_overflow
        self._lock = threading.RLock()
        self._pending: list[tuple[str, str]] = []
        self._held: list[tuple[str, str]] | None = None
        self._flushed_at = 0.0
        self._pipes = {_replace_by_pipe(fd): name for fd, name in NAMES.items()}
        self._decoders = {fd: codecs.getincrementaldecoder("utf-8")(errors="replace") for fd in self._pipes}

    @property
    def overflowed(self) -> bool:
        return self._left < 0

    def start(self) -> None:
        threading.Thread(target=self._read_for_ever, name="output", daemon=True).start()

    def begin_cell(self) -> None:
        with self._lock:
            self._drain()
            self._left = self._allowed
            self._pending.clear()
            self._flushed_at = time.monotonic()

    def end_cell(self) -> None:
        with self._lock:
            self._drain()
            self._flush()

    def hold(self) -> None:
        """From now on texts are kept for `release`; they belong to a cell of somebody else."""
        self.begin_cell()
        self._held = []

    def release(self) -> list[list[str]]:
        """Stream and text, in order, of what was put out since `hold`."""
        with self._lock:
            self._drain()
            self._flush()
            held, self._held = self._held or [], None
        return [list(piece) for piece in _joined(held)]

    def text(self, name: str, text: str) -> None:
        """Python printed. Raises OutputLimitExceeded in the printing code once the cell is over its limit."""
        with self._lock:
            self._drain()
            self._add(name, text)
            if len(self._pending) > CHUNK:  # otherwise the thread does it soon
                self._flush()
            over = self.overflowed
        if over:
            raise OutputLimitExceeded(self._sentence)

    def flush(self) -> None:
        with self._lock:
            if time.monotonic() - self._flushed_at > FLUSH_SECONDS / 10:
                self._drain()
                self._flush()

    def message(self, kind: str, **facts: Any) -> None:
        """Something else than text: a value, a figure, a traceback."""
        with self._lock:
            self._drain()
            self._flush()
            self._left -= _size(facts)
            over = self.overflowed
            if not over and self._held is None:
                self._report.send(kind, **facts)
        if over:
            raise OutputLimitExceeded(self._sentence)

    def final(self, kind: str, **facts: Any) -> None:
        """A message that counts against no limit: our own words."""
        with self._lock:
            self._drain()
            self._flush()
            self._report.send(kind, **facts)

    @property
    def _sentence(self) -> str:
        return f"The cell's output is over the limit of {self._allowed:,} bytes."

    def _read_for_ever(self) -> None:
        poll = select.poll()
        for fd in self._pipes:
            poll.register(fd, select.POLLIN)
        while True:
            time.sleep(FLUSH_SECONDS / 5)  # so that a flood comes in few large pieces
            poll.poll(FLUSH_SECONDS * 1000)
            before = self.overflowed
            with self._lock:
                self._drain()
                self._flush()
            if self.overflowed and not before:
                self._on_overflow()
            self._on_tick()

    def _drain(self) -> None:
        for fd, name in self._pipes.items():
            with contextlib.suppress(BlockingIOError):
                for _ in range(READS_AT_ONCE):  # somebody may write faster than we read
                    self._add(name, self._decoders[fd].decode(os.read(fd, PIPE_BYTES)))

    def _add(self, name: str, text: str) -> None:
        if self.overflowed or not text:
            return
        size = len(text.encode("utf-8", "replace"))
        if size > self._left:
            text = text[: max(self._left, 0)]
        self._left -= size
        self._pending.append((name, text))

    def _flush(self) -> None:
        if self._held is not None:
            self._held += self._pending
            self._pending.clear()
        for name, text in _joined(self._pending):
            for start in range(0, len(text), CHUNK):
                self._report.send("stream", n=name, s=text[start : start + CHUNK])
        self._pending.clear()
        self._flushed_at = time.monotonic()


class CellStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of the cells. A forked child writes to the descriptor instead."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, capture: Capture, descriptor: int) -> None:
        super().__init__()
        self._capture = capture
        self._descriptor = descriptor
        self._owner = os.getpid()
        self.name = f"<{NAMES[descriptor]}>"
        self.buffer = io.FileIO(descriptor, "w", closefd=False)

    def fileno(self) -> int:
        return self._descriptor

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def close(self) -> None:
        """Never closed: `sys.stdout.close()` in a cell would silence the ones after it."""

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if os.getpid() == self._owner:
            self._capture.text(NAMES[self._descriptor], text)
        else:
            os.write(self._descriptor, text.encode("utf-8", "replace"))
        return len(text)

    def flush(self) -> None:
        if os.getpid() == self._owner:
            self._capture.flush()


def _replace_by_pipe(descriptor: int) -> int:
    reader, writer = os.pipe()
    os.dup2(writer, descriptor)
    os.close(writer)
    os.set_blocking(reader, False)
    with contextlib.suppress(OSError):  # a smaller pipe is only slower
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return reader


def _joined(pieces: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    joined: list[tuple[str, list[str]]] = []
    for name, text in pieces:
        if joined and joined[-1][0] == name:
            joined[-1][1].append(text)
        else:
            joined.append((name, [text]))
    return ((name, "".join(texts)) for name, texts in joined)


def _size(facts: dict[str, Any]) -> int:
    return len(repr(facts))
