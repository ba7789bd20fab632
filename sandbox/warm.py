"""The way to sandboxes that start from a process which stands ready: the daemon's socket, seen from outside.

Nothing here raises: where no daemon answers or it has nothing ready, the caller starts a sandbox cold.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from sandbox.cgroups import Group
from sandbox.jobs import Job
from sandbox.process import Channels, Process, close, group_for
from sandbox.seccomp import seccomp_filter
from sandbox.watch import allowed_memory

# Names the daemon's socket; without it every sandbox starts cold.
VARIABLE = "SANDBOX_SOCKET"
ANSWER_SECONDS = 5.0
MOST_BYTES = 1 << 16


def start(job: Job, peer: int | None = None) -> Process | None:
    """The started sandbox, or None where it has to start cold."""
    connection = _connect()
    if connection is None:
        return None
    channels, group = Channels(job), group_for(job)
    asked = {
        "ask": "start",
        **_place(job.environment, simulator=job.simulator),
        "isolate": isolation(job.limits.disk_mb),
        "groups": len(group.folders) if group else 0,
    }
    passed = [*channels.theirs, *(() if peer is None else (peer,))]
    try:
        with contextlib.ExitStack() as stack:
            doors = stack.enter_context(group.doors()) if group else []
            socket.send_fds(connection, [json.dumps(asked).encode()], [*doors, *passed])
        answer, descriptors, *_ = socket.recv_fds(connection, MOST_BYTES, 1)
        facts = json.loads(answer or b"{}")
        if descriptors:
            preloaded = int(facts["preloaded"])
            if group:
                group.limit_memory(allowed_memory(job.limits) + preloaded)
            return _process(connection, channels, descriptors[0], preloaded, group)
    except (OSError, ValueError):
        pass
    finally:
        close(*channels.theirs)
    connection.close()
    close(channels.reports, channels.errors)
    if group:
        group.close()
    return None


def prepare(environment: str, *, simulator: bool = False, wait: float = 0) -> bool:
    """Ask for a process that stands ready for such jobs, for at most `wait` seconds; whether there is one."""
    asked = {"ask": "warm", **_place(environment, simulator=simulator), "wait": bool(wait)}
    return bool(_asked(asked, wait or ANSWER_SECONDS).get("ready"))


def state() -> dict[str, Any]:
    """What the daemon says of itself; "fault" says why sandboxes start cold."""
    if not os.environ.get(VARIABLE):
        return {"fault": "No daemon was started for sandboxes."}
    return _asked({"ask": "state"}, ANSWER_SECONDS) or {"fault": "The daemon for sandboxes does not answer."}


def isolation(disk_mb: int) -> dict[str, Any]:
    """What `inside/isolate.py` is told."""
    return {"disk_mb": disk_mb, "seccomp": (seccomp_filter() or b"").hex()}


def _place(environment: str, *, simulator: bool) -> dict[str, Any]:
    return {"environment": environment, "simulator": simulator}


def _process(
    connection: socket.socket, channels: Channels, init: int, preloaded: int, group: Group | None
) -> Process:
    def wait() -> int | None:
        with connection, contextlib.suppress(OSError, ValueError, KeyError):
            return int(json.loads(connection.recv(MOST_BYTES))["exit"])
        return None

    pid = pid_of(init)
    return Process(wait, init, pid, channels.reports, channels.errors, "warm", preloaded, group)


def pid_of(pidfd: int) -> int:
    """As we see it; -1 when it is gone."""
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))


def _asked(question: dict[str, Any], seconds: float) -> dict[str, Any]:
    connection = _connect()
    if connection is None:
        return {}
    with connection, contextlib.suppress(OSError, ValueError):
        connection.settimeout(seconds)
        connection.send(json.dumps(question).encode())
        answer: dict[str, Any] = json.loads(connection.recv(MOST_BYTES))
        return answer
    return {}


def _connect() -> socket.socket | None:
    path = os.environ.get(VARIABLE)
    if not path:
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(ANSWER_SECONDS)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        return None
    return connection
