"""Messages over a socket between two processes that do not trust each other: a tree of JSON, then its buffers."""

from __future__ import annotations

import json
import select
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

from sandbox.inside.values import MOST_BYTES, Nonsense

HEAD = struct.Struct("!IH")
SIZE = struct.Struct("!I")
LONGEST_TREE = 16 << 20
MOST_BUFFERS = 20_000
TICK_SECONDS = 0.05
CHUNK = 1 << 20


class PeerGone(Exception):
    """The other side has ended, or is taken for ended: nothing comes from it any more."""


class Channel:
    """One end. `on_tick` is called while we wait, twenty times a second at least; what it raises ends the wait."""

    def __init__(self, connection: socket.socket, *, on_tick: Callable[[], None] | None = None) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._on_tick = on_tick
        self._received = bytearray()
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self.is_closed = False

    def send(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        """Raises PeerGone."""
        if self.is_closed:
            raise PeerGone
        text = json.dumps(message, allow_nan=False, separators=(",", ":")).encode("ascii")
        if len(text) > LONGEST_TREE or len(buffers) > MOST_BUFFERS:
            raise ValueError("The message is too long.")
        sizes = b"".join(SIZE.pack(len(buffer)) for buffer in buffers)
        self._write(b"".join((HEAD.pack(len(text), len(buffers)), sizes, text, *buffers)))

    def receive(self, seconds: float | None = None) -> tuple[dict[str, Any], list[bytes]]:
        """The next message. Raises PeerGone, TimeoutError after `seconds`, and Nonsense."""
        if self.is_closed:
            raise PeerGone
        until = None if seconds is None else time.monotonic() + seconds
        self._fill(HEAD.size, until)
        length, count = HEAD.unpack_from(self._received)
        if length > LONGEST_TREE or count > MOST_BUFFERS:
            raise Nonsense("a message over all limits")
        start = HEAD.size + SIZE.size * count
        self._fill(start, until)
        sizes = [size for (size,) in SIZE.iter_unpack(self._received[HEAD.size : start])]
        if sum(sizes) > MOST_BYTES:
            raise Nonsense("a message over all limits")
        self._fill(start + length + sum(sizes), until)
        # Taken only when it is whole: whoever interrupts the wait finds it at its beginning again.
        pieces = []
        for size in (start, length, *sizes):
            pieces.append(bytes(memoryview(self._received)[:size]))
            del self._received[:size]
        try:
            message = json.loads(pieces[1])
        except (ValueError, RecursionError) as error:
            raise Nonsense("no JSON") from error
        if type(message) is not dict:
            raise Nonsense("no message")
        return message, pieces[2:]

    def close(self) -> None:
        self.is_closed = True
        self._socket.close()

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        ready = select.poll()
        ready.register(self._socket, select.POLLOUT)
        try:
            while rest:
                try:
                    rest = rest[self._socket.send(rest) :]
                except BlockingIOError:
                    ready.poll(TICK_SECONDS * 1000)
                    self._tick()
        except BaseException as error:  # half a message cannot be taken back
            self.close()
            if isinstance(error, OSError):
                raise PeerGone from error
            raise

    def _fill(self, size: int, until: float | None) -> None:
        while len(self._received) < size:
            self._await(until)
            try:
                data = self._socket.recv(CHUNK)
            except BlockingIOError:
                continue
            except OSError as error:
                raise PeerGone from error
            if not data:
                raise PeerGone
            self._received += data

    def _await(self, until: float | None) -> None:
        """Looks at the clocks first: whoever sends byte by byte gets no more time than whoever is silent."""
        while until is None or time.monotonic() <= until:
            self._tick()
            if self._poll.poll(TICK_SECONDS * 1000):
                return
        raise TimeoutError

    def _tick(self) -> None:
        if self._on_tick:
            self._on_tick()
