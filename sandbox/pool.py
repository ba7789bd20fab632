"""The processes that stand ready on this machine: one per environment and simulator, started, watched, given up.

Everything happens in the daemon's main thread: bubblewrap's sandboxes die with the thread that started them.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sandbox.bubblewrap import WORK
from sandbox.environments import preloads
from sandbox.errors import SandboxFault
from sandbox.process import command, interpreter_folders
from sandbox.warm import isolation, pid_of

State = Literal["starting", "ready", "failed", "retired"]
FIRST_PAUSE, LONGEST_PAUSE, STABLE_SECONDS = 0.5, 60.0, 60.0
START_SECONDS = 60.0
# A cold start costs a tenth of a second, a process that stands ready 160 MB.
IDLE_SECONDS = 900.0
DISK_MB = 64
MOST_BYTES = 1 << 16
MOST_WORDS = 2000


class Place(NamedTuple):
    """What a process stands ready for."""

    environment: str
    simulator: bool


class Zygote:
    """One process that stands ready, or is to. `changed` is called when others may want to know."""

    def __init__(self, place: Place, selector: selectors.BaseSelector, changed: Callable[[], None]) -> None:
        self.place = place
        self.state: State = "failed"
        self.why = ""
        self.jobs = 0
        self.used_at = time.monotonic()
        self.deaths = 0
        self._selector = selector
        self._changed = changed
        self._pause = FIRST_PAUSE
        self._retry_at = self._began = 0.0
        self._seconds = 0.0
        self._pid = -1
        self._pidfd = -1
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._errors = -1

    def start(self) -> None:
        self._began = time.monotonic()
        self.state, self.why, self.jobs = "starting", "", 0
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors, error_fd = os.pipe()
        os.set_blocking(self._errors, False)
        ours.setblocking(False)
        path = Path(self.place.environment)
        self._control = ours
        try:
            keep = [str(folder) for folder in interpreter_folders(path)]
            settings = {"preload": preloads(path), "isolate": {**isolation(1), "work": WORK, "keep": keep}}
            words = command(
                ["zygote.py", str(theirs.fileno()), json.dumps(settings)],
                environment=path,
                simulator=self.place.simulator,
                disk_mb=DISK_MB,
                nests=True,
            )
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=error_fd,
                stderr=error_fd,
                env={},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
            self._selector.register(ours, selectors.EVENT_READ, self._listen)
        except (OSError, SandboxFault) as error:
            self._fail(str(error))
        finally:
            theirs.close()
            os.close(error_fd)

    def ensure(self) -> None:
        """Start it unless it runs, or failed just now."""
        self.used_at = time.monotonic()
        if self.state == "failed" and self.used_at >= self._retry_at:
            self.start()

    def hand_over(self, request: dict[str, Any], connection: socket.socket, passed: list[int]) -> bool:
        """Let it start the job; it answers on the connection itself. False when it cannot now."""
        if self.state != "ready" or self._control is None:
            return False
        self.used_at = time.monotonic()
        settings = {"groups": request["groups"], "isolate": request["isolate"]}
        try:
            socket.send_fds(self._control, [json.dumps(settings).encode()], [connection.fileno(), *passed])
        except OSError:
            return False
        self.jobs += 1  # until it tells us itself
        return True

    def look(self) -> None:
        """One that died starts again after a pause; one that never worked only when it is asked for."""
        now = time.monotonic()
        if self.state == "failed" and self.is_coming and now >= self._retry_at:
            self.start()
        elif self.state == "starting" and now > self._began + START_SECONDS:
            self._fail("It did not become ready in time.")

    def retire(self) -> None:
        """Let it finish its jobs and end."""
        self.state = "retired"
        self._hang_up()

    def kill(self) -> None:
        self._hang_up()
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    @property
    def is_coming(self) -> bool:
        """It starts, or will again by itself."""
        return self.state == "starting" or (self.state == "failed" and self.deaths > 0)

    @property
    def is_gone(self) -> bool:
        return self._process is None or self._process.poll() is not None

    @property
    def memory_mb(self) -> float:
        """Its share of memory, pages that jobs still share with it divided among them."""
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{self._pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
            return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        return 0.0

    def facts(self) -> dict[str, Any]:
        return {
            **self.place._asdict(),
            "name": Path(self.place.environment).name + (" (GPU simulator)" if self.place.simulator else ""),
            "state": self.state,
            "why": self.why,
            "jobs": self.jobs,
            "seconds": self._seconds,
            "memory_bytes": round(self.memory_mb * (1 << 20)),
            "deaths": self.deaths,
            "pid": self._pid,
        }

    def _listen(self) -> None:
        for message, pidfd in self._messages():
            if "jobs" in message:
                self.jobs = int(message["jobs"])
            elif "ready" in message:
                self._pid, self._seconds, self.state = pid_of(pidfd), float(message["ready"]), "ready"
                self._changed()
            else:
                self._fail(str(message.get("fault", "It ended.")))
            if pidfd >= 0:
                os.close(pidfd)

    def _messages(self) -> Iterator[tuple[dict[str, Any], int]]:
        while self._control is not None:
            try:
                data, descriptors, *_ = socket.recv_fds(self._control, MOST_BYTES, 1)
            except BlockingIOError:
                return
            except OSError:
                data, descriptors = b"", []
            if not data:
                yield {}, -1
                return
            yield json.loads(data), descriptors[0] if descriptors else -1

    def _fail(self, why: str) -> None:
        if self.state == "ready":
            self.deaths += 1
        if time.monotonic() - self._began > STABLE_SECONDS:
            self._pause = FIRST_PAUSE
        words = b""
        with contextlib.suppress(OSError):
            words = os.read(self._errors, MOST_WORDS)
        self.kill()
        self.state, self.jobs = "failed", 0
        self.why = " ".join(filter(None, (why, words.decode("utf-8", "replace").strip())))
        self._retry_at = time.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._changed()

    def _hang_up(self) -> None:
        if self._control is not None:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(self._control)
            self._control.close()
            self._control = None
            os.close(self._errors)


@dataclass
class Pool:
    """All of them, within a budget of memory: beyond it, those go that were used longest ago and are idle.

    Whoever is idle for long goes anyway.
    """

    selector: selectors.BaseSelector
    budget_mb: float
    changed: Callable[[], None]
    idle_seconds: float = IDLE_SECONDS

    def __post_init__(self) -> None:
        self._zygotes: dict[Place, Zygote] = {}
        self._retired: list[Zygote] = []

    def get(self, place: Place) -> Zygote:
        """The one for this place; it may have to start first."""
        zygote = self._zygotes.get(place)
        if zygote is None:
            zygote = self._zygotes[place] = Zygote(place, self.selector, self._look_at_memory)
        zygote.ensure()
        return zygote

    def look(self) -> None:
        """Called about twice a second."""
        idle = time.monotonic() - self.idle_seconds
        for place, zygote in list(self._zygotes.items()):
            zygote.look()
            if zygote.used_at < idle and not zygote.jobs and zygote.state != "starting":
                self._give_up(place)
        self._retired = [zygote for zygote in self._retired if not zygote.is_gone]

    def facts(self) -> dict[str, Any]:
        zygotes = [zygote.facts() for zygote in self._zygotes.values()]
        return {"zygotes": zygotes, "budget_mb": self.budget_mb}

    def close(self) -> None:
        for zygote in (*self._zygotes.values(), *self._retired):
            zygote.kill()

    def _look_at_memory(self) -> None:
        by_use = sorted(self._zygotes.values(), key=lambda zygote: zygote.used_at)
        used = sum(zygote.memory_mb for zygote in by_use)
        for zygote in by_use[:-1]:  # the last used stays, however small the budget
            if used <= self.budget_mb:
                break
            if zygote.jobs or zygote.state == "starting":
                continue
            used -= zygote.memory_mb
            self._give_up(zygote.place)
        self.changed()

    def _give_up(self, place: Place) -> None:
        zygote = self._zygotes.pop(place)
        zygote.retire()
        self._retired.append(zygote)
