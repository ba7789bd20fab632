"""A whole site on a folder and a free port of its own, for commands and tests that look at it from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from lms.places import BASE_DIR

_START_SECONDS = 120.0
_READY = "everything runs"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Site:
    """`manage.py up` in the background: `url`, `data`, `process`, `seconds` that the start took.

    Entering waits until every process works; raises RuntimeError with the log when it does not.
    """

    def __init__(self, data: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.data, self.port = data, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "up.log"
        self._options = options
        inherited = {
            name: value for name, value in os.environ.items() if name not in {"PYTEST_VERSION", "SITE_URL"}
        }
        self.environment = {
            **inherited, "DATA_DIR": str(data), "PORT": str(self.port), **(environment or {}),
        }  # fmt: skip

    def __enter__(self) -> Self:
        began = time.monotonic()
        command = [sys.executable, str(BASE_DIR / "manage.py"), "up", *self._options]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=output, stderr=subprocess.STDOUT, cwd=BASE_DIR
            )
        while _READY not in self.lines():
            if self.process.poll() is not None or time.monotonic() - began > _START_SECONDS:
                self.process.kill()
                raise RuntimeError(f"the site did not start:\n{self.lines()}")
            time.sleep(0.05)
        self.seconds = time.monotonic() - began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.process.kill()
        self.process.wait()

    def lines(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def family(self) -> dict[int, str]:
        """The supervisor and everything below it, by pid, with the moment each process began."""
        parents = {pid: fields for pid in _pids() if (fields := _fields(pid))}
        members = {self.process.pid}
        while grown := {pid for pid, (parent, _began) in parents.items() if parent in members} - members:
            members |= grown
        return {pid: parents[pid][1] for pid in members if pid in parents}

    def pid_of(self, name: str) -> int:
        """The process of a part of the site (its words hold `name`), started by the supervisor itself."""
        for pid in _pids():
            fields = _fields(pid)
            if fields and fields[0] == self.process.pid and name in _command(pid):
                return pid
        raise LookupError(name)


def left_processes(data: Path, family: dict[int, str]) -> dict[int, str]:
    """Who is still there of a site's family, or carries its data folder in command line or environment."""
    folder = os.fsencode(data)
    found = {}
    for pid in _pids():
        fields = _fields(pid)
        is_family = fields is not None and family.get(pid) == fields[1]
        if pid != os.getpid() and (is_family or folder in _read(pid, "cmdline") + _read(pid, "environ")):
            found[pid] = _command(pid)
    return found


def _pids() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def _command(pid: int) -> str:
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()


def _fields(pid: int) -> tuple[int, str] | None:
    """Parent and start time; None for a process that has ended, zombies too."""
    words = _read(pid, "stat").decode(errors="replace").rpartition(")")[2].split()
    return (int(words[1]), words[19]) if words and words[0] != "Z" else None
