"""A process that stands ready: it has imported what jobs use, and forks for each job a sandbox of its own.

`python -P -s zygote.py CONTROL_FD SETTINGS`, inside bubblewrap, without rights. It has one thread, or a fork
would hang, and holds nothing that a job may not see. From CONTROL_FD come jobs: a message with settings of
`isolate`, and the descriptors [connection, control groups …, job, report, errors, (peer)]. On the connection it
answers with the first process's pidfd, in the end with its exit status; when the other end closes, the job ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parents[2]))

from sandbox.inside import isolate, limits, main

MOST_BYTES, MOST_DESCRIPTORS = 1 << 16, 8
MOST_OPEN = 1 << 20
SIGNALLED = 128
FAILED = 97
PROOF_SECONDS = 5.0


@dataclass
class Running:
    pid: int
    pidfd: int
    connection: socket.socket | None


class Zygote:
    def __init__(self, control: socket.socket, settings: dict[str, Any]) -> None:
        self._control = control
        self._settings = settings
        self._poll = select.poll()
        self._running: dict[int, Running] = {}
        self._connections: dict[int, Running] = {}
        self._is_retired = False

    def serve(self) -> NoReturn:
        self._poll.register(self._control, select.POLLIN)
        while not (self._is_retired and not self._running):
            for descriptor, _event in self._poll.poll():
                if descriptor == self._control.fileno():
                    self._take()
                elif descriptor in self._running:
                    self._reap(self._running.pop(descriptor))
                elif descriptor in self._connections:
                    self._hang_up(self._connections[descriptor])
        os._exit(0)

    def _take(self) -> None:
        data, descriptors, _flags, _address = socket.recv_fds(self._control, MOST_BYTES, MOST_DESCRIPTORS)
        if not data:
            self._is_retired = True
            self._poll.unregister(self._control)
            return
        connection = socket.socket(fileno=descriptors[0])
        try:
            self._begin(json.loads(data), connection, descriptors[1:])
        except OSError as error:
            _say(connection, {"fault": str(error)})
            connection.close()
        finally:
            for descriptor in descriptors[1:]:
                os.close(descriptor)

    def _begin(self, settings: dict[str, Any], connection: socket.socket, passed: list[int]) -> None:
        doors, channels = passed[: settings["groups"]], passed[settings["groups"] :]
        pid = fork({**self._settings, **settings["isolate"]}, *channels, doors=doors)
        running = Running(pid, os.pidfd_open(pid), connection)
        answer = json.dumps({"preloaded": limits.PRELOADED.bytes}).encode()
        with contextlib.suppress(OSError):  # it hung up meanwhile: the poll says so
            socket.send_fds(connection, [answer], [running.pidfd])
        self._running[running.pidfd] = self._connections[connection.fileno()] = running
        self._poll.register(running.pidfd, select.POLLIN)
        self._poll.register(connection, select.POLLIN)
        self._tell()

    def _reap(self, running: Running) -> None:
        _pid, status = os.waitpid(running.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if running.connection:
            _say(running.connection, {"exit": code if code >= 0 else SIGNALLED - code})
            self._forget(running)
        self._poll.unregister(running.pidfd)
        os.close(running.pidfd)
        self._tell()

    def _hang_up(self, running: Running) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(running.pidfd, signal.SIGKILL)
        self._forget(running)

    def _forget(self, running: Running) -> None:
        if running.connection:
            self._poll.unregister(running.connection)
            del self._connections[running.connection.fileno()]
            running.connection.close()
            running.connection = None

    def _tell(self) -> None:
        if not self._is_retired:
            _say(self._control, {"jobs": len(self._running)})


def fork(
    settings: dict[str, Any],
    job: int,
    report: int,
    errors: int,
    peer: int | None = None,
    *,
    doors: Iterable[int] = (),
) -> int:
    """The first process of a new sandbox; it waits for the second, which runs the job.

    `doors` are control groups to enter.
    """
    pid = isolate.clone()
    if pid:
        return pid
    code = FAILED
    try:
        for door in doors:
            os.write(door, b"0")
        _standard(errors)
        _close_all_but(job, report, *(() if peer is None else (peer,)))
        isolate.isolate(**{**settings, "seccomp": bytes.fromhex(settings["seccomp"])})
        second = os.fork()
        if second == 0:
            _reseed()
            main.run(job, report, peer)
        os.closerange(0, MOST_OPEN)
        code = _wait_for(second)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(2, f"zygote: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def _wait_for(second: int) -> int:
    """Everybody's orphans end here too."""
    while True:
        pid, status = os.wait()
        if pid == second:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else SIGNALLED - code


def _standard(errors: int) -> None:
    """Nothing to read, and one place for words from before the program's own begins."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(errors, 1)
    os.dup2(errors, 2)


def _close_all_but(*kept: int) -> None:
    """What is other jobs' goes before anything of this one runs: it could look into us, its first process."""
    below = 2
    for descriptor in sorted(kept):
        os.closerange(below + 1, descriptor)
        below = descriptor
    os.closerange(below + 1, MOST_OPEN)


def _reseed() -> None:
    """Else every job would draw the same numbers."""
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    if torch := sys.modules.get("torch"):
        torch.seed()


def _prove(settings: dict[str, Any]) -> None:
    """One empty job before the first: raises OSError where this machine refuses a layer."""
    job = {"files": {}, "cells": [], "simulator": False, "program": "cells", "settings": {}, "limits": PROOF}
    job_fd = os.memfd_create("proof")
    os.write(job_fd, json.dumps(job).encode())
    os.lseek(job_fd, 0, os.SEEK_SET)
    reader, writer = os.pipe()
    pid = fork(settings, job_fd, writer, writer)
    os.close(writer)
    os.close(job_fd)
    words = b""
    until = time.monotonic() + PROOF_SECONDS
    while select.select([reader], [], [], max(until - time.monotonic(), 0))[0]:
        if not (chunk := os.read(reader, 4096)):
            break
        words += chunk
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(reader)
    os.waitpid(pid, 0)
    if b'"done"' not in words:
        raise OSError(f"a first job failed: {words.decode(errors='replace').strip()[:500] or 'it hung'}")


PROOF = {
    "seconds": 10,
    "cell_seconds": 10,
    "memory_mb": 1024,
    "processes": 16,
    "disk_mb": 1,
    "output_bytes": 1000,
}


def _preload(modules: list[str]) -> None:
    """The shell first: libraries look for it when they are imported. What an environment lacks it lacks."""
    from sandbox.inside.shell import make_ready

    shell = make_ready()
    before = _data_bytes()
    for name in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    shell.run_cell("1;", store_history=False)  # the first is the slowest
    limits.PRELOADED.bytes = max(_data_bytes() - before, 0)
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        raise OSError(f"{threads} threads after the imports, and a fork needs one")


def _data_bytes() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))


def _say(receiver: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        receiver.send(json.dumps(message).encode())


def start() -> NoReturn:
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    control.set_inheritable(False)
    began = time.monotonic()
    try:
        main.prepare_home()
        _preload(settings["preload"])
        gc.collect()
        gc.freeze()  # a collection in a job would write to, and so copy, every page
        ctypes.CDLL(None).malloc_trim(0)
        _prove(settings["isolate"])
    except BaseException as error:
        _say(control, {"fault": f"{type(error).__name__}: {error}"})
        os._exit(1)
    ready = {"ready": round(time.monotonic() - began, 3), "preloaded": limits.PRELOADED.bytes}
    socket.send_fds(control, [json.dumps(ready).encode()], [os.pidfd_open(os.getpid())])
    Zygote(control, settings["isolate"]).serve()


if __name__ == "__main__":
    start()
