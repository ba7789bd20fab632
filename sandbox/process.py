"""Starts the processes of one sandbox, as root or not, and ends them without a trace."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandbox import staging
from sandbox.bubblewrap import INSIDE, LOCAL, RUNNER, arguments, find_bubblewrap
from sandbox.cgroups import Group, open_group
from sandbox.cures import explain
from sandbox.errors import SandboxFault
from sandbox.jobs import Job, Start
from sandbox.seccomp import seccomp_filter
from sandbox.watch import allowed_memory

VIEW = "/mnt"
PIPE_BYTES = 1 << 20
OWN_PROCESSES = 8  # ours beside the program's, and its two threads
SIMULATOR_PROCESSES = 1200  # a thread per CUDA thread of a block


@dataclass
class Process:
    """A started sandbox. `init` is a pidfd of the first process inside: with it all of them end.

    `wait` gives its exit status, or None when whoever started it is gone. `preloaded` bytes of its memory were there
    before it began.
    """

    wait: Callable[[], int | None]
    init: int
    init_pid: int
    reports: int
    errors: int
    start: Start = "cold"
    preloaded: int = 0
    group: Group | None = None

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.init, signal.SIGKILL)

    def interrupt(self) -> None:
        """SIGINT to the program, which is the only child of the first process."""
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{self.init_pid}/task/{self.init_pid}/children")
            for pid in children.read_text(encoding="ascii").split()[:1]:
                os.kill(int(pid), signal.SIGINT)

    def close(self) -> int | None:
        """Kill whatever still runs, wait until it is gone; the exit status, 128 and more for a signal."""
        self.kill()
        gone = select.poll()
        gone.register(self.init, select.POLLIN)
        gone.poll()
        status = self.wait()
        for descriptor in (self.init, self.reports, self.errors):
            os.close(descriptor)
        if self.group:
            self.group.close()
        return status


def start(job: Job, peer: int | None = None) -> Process:
    """Start the sandbox and hand it the job, and the descriptor `peer` of a socket, which stays the caller's too.

    Raises SandboxUnavailable or SandboxFault, with bubblewrap's words.
    """
    channels, group = Channels(job), group_for(job)
    info, info_fd = os.pipe()
    gate, gate_fd = os.pipe()  # nothing runs before it is in its group
    filter_fd = sealed(seccomp_filter() or b"")
    inside = (*channels.inside, *(() if peer is None else (peer,)))
    options = ["--info-fd", str(info_fd), "--block-fd", str(gate)]
    if seccomp_filter():
        options += ["--seccomp", str(filter_fd)]
    try:
        popen = subprocess.Popen(
            command(
                ["main.py", *map(str, inside)],
                environment=Path(job.environment),
                simulator=job.simulator,
                options=options,
                disk_mb=job.limits.disk_mb,
            ),
            stdin=subprocess.DEVNULL,
            stdout=channels.error_fd,
            stderr=channels.error_fd,
            env={},  # bubblewrap's own environment can be read inside, at /proc/1/environ
            pass_fds=(*inside, info_fd, gate, filter_fd),
            start_new_session=True,  # a Ctrl-C at our terminal is not the sandbox's
        )
    except BaseException:
        close(channels.reports, channels.errors, info, gate_fd)
        if group:
            group.close()
        raise
    finally:
        close(*channels.theirs, info_fd, gate, filter_fd)
    try:
        pid = _first_pid(info)
        init = os.pidfd_open(pid) if pid else -1
        if group and pid:
            group.add(pid)
        os.write(gate_fd, b"g")
    except (ProcessLookupError, BrokenPipeError):
        init = -1
    finally:
        close(info, gate_fd)
    if init < 0:
        popen.kill()
        status = popen.wait()
        words = read_available(channels.errors)
        close(channels.reports, channels.errors)
        if group:
            group.close()
        raise explain(words or f"exit status {status}")
    return Process(popen.wait, init, pid, channels.reports, channels.errors, group=group)


def group_for(job: Job) -> Group | None:
    """The job's control group, where this machine lets us make one."""
    limits = _with_simulator_limits(job).limits
    return open_group(allowed_memory(limits), limits.processes + OWN_PROCESSES)


class Channels:
    """What connects a sandbox with us: the job, which can only be read, and the pipes of reports and of words."""

    def __init__(self, job: Job) -> None:
        self.job_fd = sealed(_with_simulator_limits(job).to_json().encode())
        self.reports, self.report_fd = os.pipe()
        self.errors, self.error_fd = os.pipe()
        os.set_blocking(self.errors, False)
        os.set_blocking(self.reports, False)
        with contextlib.suppress(OSError):  # room for what comes while our listener is busy
            fcntl.fcntl(self.reports, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    @property
    def inside(self) -> tuple[int, int]:
        return self.job_fd, self.report_fd

    @property
    def theirs(self) -> tuple[int, int, int]:
        return self.job_fd, self.report_fd, self.error_fd


def read_available(descriptor: int, most: int = 4096) -> str:
    """What lies in a non-blocking pipe, as text, and no more than `most` bytes of it."""
    with contextlib.suppress(BlockingIOError):
        return os.read(descriptor, most).decode("utf-8", "replace").strip()
    return ""


def command(
    program: Sequence[str],
    *,
    environment: Path,
    simulator: bool,
    options: Sequence[str] = (),
    **arguments_: Any,
) -> list[str]:
    """The command line of bubblewrap, with `options` before ours, for a Python program in `RUNNER`."""
    bubblewrap = find_bubblewrap()
    places = {RUNNER: str(INSIDE), **{str(path): str(path) for path in interpreter_folders(environment)}}
    wrapper = str(bubblewrap.path)
    binds: dict[str, str] = {}
    if staging.can_drop():
        binds = {source: f"folder{number}" for number, source in enumerate(dict.fromkeys(places.values()))}
        places = {name: f"{VIEW}/{binds[source]}" for name, source in places.items()}
        binds |= {str(folder): f"bubblewrap/{folder.name}" for folder in bubblewrap.folders}
        if bubblewrap.folders:
            below = bubblewrap.path.relative_to(bubblewrap.folders[0].parent)
            wrapper = f"{VIEW}/bubblewrap/{below}"
    words = [
        *(wrapper, *options),
        *arguments(places, environment=environment, simulator=simulator, **arguments_),
        *("--", f"{environment}/bin/python", "-P", "-s", f"{RUNNER}/{program[0]}", *program[1:]),
    ]
    if not binds:
        return words
    uid = staging.unprivileged_uid()
    return staging.command(words, binds=binds, root=VIEW, uid=uid, gid=uid, expendable=True)


def interpreter_folders(environment: Path) -> list[Path]:
    """The environment and the Python that it was made from, unless that is the system's own in /usr.

    Raises SandboxFault when there is no environment.
    """
    try:
        lines = (environment / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
        python = (environment / "bin" / "python").resolve(strict=True)
    except OSError as error:
        raise SandboxFault(f"The environment {environment} is not built: {error.strerror}.") from error
    homes = [line.partition("=")[2].strip() for line in lines if line.split("=")[0].strip() == "home"]
    folders = [environment]
    for folder in (*(Path(home).parent for home in homes), python.parent.parent):
        is_seen = folder.is_relative_to("/usr") and not folder.is_relative_to(LOCAL)
        if not is_seen and folder not in folders:
            folders.append(folder)
    return folders


def _with_simulator_limits(job: Job) -> Job:
    if not job.simulator:
        return job
    processes = max(job.limits.processes, SIMULATOR_PROCESSES)
    return replace(job, limits=replace(job.limits, processes=processes))


def sealed(content: bytes) -> int:
    """A descriptor from which `content` can be read and nothing else."""
    descriptor = os.memfd_create("job", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(os.dup(descriptor), "wb") as stream:
        stream.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


def _first_pid(info: int) -> int:
    """Bubblewrap's report of the first process inside, or 0 when it ended without one."""
    text = b""
    while chunk := os.read(info, 4096):
        text += chunk
        with contextlib.suppress(ValueError, KeyError):
            return int(json.loads(text)["child-pid"])
    return 0


def close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
