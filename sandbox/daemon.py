"""`python -m sandbox serve`: hands out sandboxes that start from processes which stand ready.

Over a private socket come questions, one message each: "start" with the descriptors of a job, which goes on to
the process that stands ready and answers by itself; "warm", which has one started; "state". Only whoever runs
the daemon, and root, may ask.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import selectors
import signal
import socket
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.pool import IDLE_SECONDS, Place, Pool

MOST_BYTES, MOST_DESCRIPTORS = 1 << 16, 8
LOOK_SECONDS = 0.5
WAITING = 64
# Before it, the kernel counted the processes of one user's sandboxes together.
OLDEST_KERNEL = (5, 14)
# Of the machine's memory, for processes that stand ready.
SHARE = 0.25


def serve(
    path: Path,
    *,
    memory_mb: float | None = None,
    idle_seconds: float = IDLE_SECONDS,
    places: Sequence[Place] = (),
) -> None:
    """Answer until SIGTERM."""
    daemon = Daemon(path, memory_mb or _memory_mb() * SHARE, idle_seconds)
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: daemon.stop())
    for place in places:
        daemon.pool.get(place)
    daemon.run()


class Daemon:
    def __init__(self, path: Path, budget_mb: float, idle_seconds: float) -> None:
        self._path = path
        self._selector = selectors.DefaultSelector()
        self.pool = Pool(self._selector, budget_mb, self._answer_waiting, idle_seconds)
        self._fault = _fault_of(platform.release())
        self._waiting: list[tuple[Place, socket.socket]] = []
        self._is_stopped = False
        # A signal ends the wait of the loop.
        self._wake, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno())
        self._listener = _listen(path)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wake, selectors.EVENT_READ, lambda: self._wake.recv(100))

    def stop(self) -> None:
        self._is_stopped = True

    def run(self) -> None:
        try:
            while not self._is_stopped:
                for key, _events in self._selector.select(LOOK_SECONDS):
                    key.data()
                self.pool.look()
        finally:
            self._path.unlink(missing_ok=True)
            self.pool.close()

    def _accept(self) -> None:
        connection, _address = self._listener.accept()
        if not _may_ask(connection):
            connection.close()
            return
        connection.setblocking(False)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._hear(connection))

    def _hear(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        passed: list[int] = []
        try:
            data, passed, *_ = socket.recv_fds(connection, MOST_BYTES, MOST_DESCRIPTORS)
            if not (data and self._answer(json.loads(data), connection, passed)):
                connection.close()
        except Exception:  # noqa: BLE001 - whatever was asked, the others are served
            connection.close()
        finally:
            for descriptor in passed:
                os.close(descriptor)

    def _answer(self, question: dict[str, Any], connection: socket.socket, passed: list[int]) -> bool:
        """Whether the connection stays open."""
        if self._fault or question["ask"] == "state":
            _say(connection, {**self.pool.facts(), "fault": self._fault})
            return False
        place = Place(str(question["environment"]), bool(question["simulator"]))
        zygote = self.pool.get(place)
        if question["ask"] == "start":
            if not zygote.hand_over(question, connection, passed):
                _say(connection, {"cold": zygote.why or zygote.state})
            return False  # the zygote has its own
        if question["wait"] and zygote.is_coming and len(self._waiting) < WAITING:
            self._waiting.append((place, connection))
            return True
        _say(connection, {"ready": zygote.state == "ready"})
        return False

    def _answer_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for place, connection in waiting:
            zygote = self.pool.get(place)
            if zygote.is_coming:
                self._waiting.append((place, connection))
            else:
                _say(connection, {"ready": zygote.state == "ready"})
                connection.close()


def _fault_of(release: str) -> str:
    """Why nothing can stand ready on this kernel."""
    if tuple(map(int, re.findall(r"\d+", release)[:2])) >= OLDEST_KERNEL:
        return ""
    return f"Linux {release} counts the processes of all sandboxes together; 5.14 or newer does not."


def _listen(path: Path) -> socket.socket:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(WAITING)
    return listener


def _may_ask(connection: socket.socket) -> bool:
    size = struct.calcsize("3i")
    facts = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    _pid, uid, _gid = struct.unpack("3i", facts)
    return uid in {0, os.geteuid()}


def _memory_mb() -> float:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("MemTotal:"))


def _say(connection: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        connection.send(json.dumps(message).encode())
