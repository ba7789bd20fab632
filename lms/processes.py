"""A child process: started, watched until it is ready, asked to stop once, its lines passed on with its name."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lms import parent
from lms.places import BASE_DIR

# Bytes; of a longer line the rest is not passed on, so that no process fills the disk with one.
LONGEST_LINE = 2**16
READY_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE, STABLE_SECONDS = 0.5, 30.0, 60.0
_COLOURS = (36, 35, 32, 33, 34, 31)


class StartFailed(Exception):
    """A process did not start; the message is a sentence for the terminal."""


@dataclass
class Program:
    """What to run. `orphan_signal` is what it gets when its parent is gone without a word."""

    name: str
    argv: Sequence[str | Path]
    is_ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    environment: Mapping[str, str] = field(default_factory=dict)
    # (uid, gid) to become; None stays whoever we are.
    account: tuple[int, int] | None = None
    # Called before every start: clears what the last run may have left.
    prepare: Callable[[], None] = lambda: None


class _Line:
    """A line that is not complete yet, up to LONGEST_LINE of it."""

    def __init__(self) -> None:
        self.kept, self.lost = bytearray(), 0

    def add(self, part: bytes) -> None:
        room = LONGEST_LINE - len(self.kept)
        self.kept += part[:room]
        self.lost += max(0, len(part) - room)

    def take(self) -> str:
        text = self.kept.decode(errors="replace") + (f"… ({self.lost} bytes more)" if self.lost else "")
        self.kept, self.lost = bytearray(), 0
        return text


class Output:
    """Every line that children print, behind the name of the process. Reads without threads, so forks stay safe."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self._lines: dict[int, _Line] = {}
        self._names: list[str] = []
        self._is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def follow(self, name: str, pipe: int) -> None:
        os.set_blocking(pipe, False)
        self.selector.register(pipe, selectors.EVENT_READ, name)
        self._lines[pipe] = _Line()

    def pump(self, timeout: float) -> None:
        """Pass on what has come, waiting for it at most `timeout` seconds."""
        for key, _events in self.selector.select(timeout):
            if isinstance(key.data, str):
                self._read(key.fd, key.data)
            else:
                key.data()

    def _read(self, pipe: int, name: str) -> None:
        try:
            data = os.read(pipe, LONGEST_LINE)
        except BlockingIOError:
            return
        *ended, rest = data.split(b"\n")
        line = self._lines[pipe]
        for part in ended:
            line.add(part)
            self.say(name, line.take())
        line.add(rest)
        if not data:
            if line.kept:
                self.say(name, line.take())
            self.selector.unregister(pipe)
            del self._lines[pipe]
            os.close(pipe)

    def say(self, name: str, line: str) -> None:
        if name not in self._names:
            self._names.append(name)
        label = f"{name:<10} |"
        if self._is_coloured:
            label = f"\033[{_COLOURS[self._names.index(name) % len(_COLOURS)]}m{label}\033[0m"
        with contextlib.suppress(OSError):  # nobody reads any more: no reason to fall
            print(label, line, flush=True)  # noqa: T201


class Child:
    """A program and its present process. Start it from the main thread: the parent-death signal follows threads."""

    def __init__(self, program: Program, output: Output) -> None:
        self.program, self.output = program, output
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready = False
        self.started_at = 0.0
        self.restart_at: float | None = None
        self._pause = FIRST_PAUSE
        self._was_told = False

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Raises StartFailed when the program cannot be run at all."""
        self.kill_group()  # a killed Granian leaves its worker on the port
        program = self.program
        self.is_ready = self._was_told = False
        self.restart_at, self.started_at = None, time.monotonic()
        reader, writer = os.pipe()
        uid, gid = program.account or (None, None)
        try:
            program.prepare()
            self.process = subprocess.Popen(
                [str(part) for part in program.argv],
                cwd="/" if program.account else BASE_DIR,
                env={**os.environ, parent.MARKER: str(os.getpid()), **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                start_new_session=True,  # Ctrl-C reaches only the supervisor, which stops all in order
                preexec_fn=parent.hook(program.orphan_signal),  # noqa: PLW1509 - no threads here
                user=uid,
                group=gid,
                extra_groups=[] if program.account else None,
            )
        except (OSError, subprocess.SubprocessError) as error:
            os.close(reader)
            raise StartFailed(f"{self.name} cannot start: {error}") from error
        finally:
            os.close(writer)
        self.output.follow(self.name, reader)

    def check_ready(self) -> bool:
        """Whether it works by now; asked again until it does."""
        if not self.is_ready and self.is_running and self.program.is_ready():
            self.is_ready = True
        return self.is_ready

    def begin_again(self) -> None:
        """Count the time to be ready in from now: until now it waited for somebody else."""
        self.started_at = time.monotonic()

    @property
    def is_overdue(self) -> bool:
        return not self.is_ready and time.monotonic() - self.started_at > READY_SECONDS

    def plan_restart(self) -> float:
        """Seconds until the next start: doubled each time, short again after a minute that went well."""
        if self.is_ready and time.monotonic() - self.started_at > STABLE_SECONDS:
            self._pause = FIRST_PAUSE
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        self.restart_at = time.monotonic() + pause
        self.is_ready = False
        return pause

    def tell(self) -> None:
        """Ask it to stop; once only, a second signal means "at once" to many programs."""
        if self.process is not None and self.is_running and not self._was_told:
            self._was_told = True
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.program.stop_signal)

    def kill_group(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def stop_all(children: Sequence[Child], output: Output, *, seconds: float) -> None:
    """Ask all of them at once, wait that long in all, kill the rest with whatever they started."""
    end = time.monotonic() + seconds
    for child in children:
        child.tell()
    while any(child.is_running for child in children) and time.monotonic() < end:
        output.pump(0.02)
    for child in children:
        if child.is_running:
            output.say("up", f"{child.name} did not stop in time: killed")
        child.kill_group()
    output.pump(0)
