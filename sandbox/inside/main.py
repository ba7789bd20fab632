"""The one entry inside the sandbox: `python -P -s main.py JOB_FD REPORT_FD [PEER_FD]`, in the working directory.

JOB_FD holds the job as JSON. The reports go to REPORT_FD, one JSON object a line, `t` being its kind; the job's
program says more with kinds of its own: ready · … · done, or fault s. PEER_FD is a socket to whoever the
program talks with. Both have the same numbers in every program: `CHANNEL` and `PEER`.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import importlib
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

if (ROOT := str(Path(__file__).parents[2])) not in sys.path:
    sys.path.insert(0, ROOT)

from sandbox.inside.limits import limit_resources
from sandbox.inside.report import Report

# Each has `prepare(report, job)`, whose errors are the platform's; what it returns runs the strangers' code.
PROGRAMS = {
    "cells": "sandbox.inside.run_cells",
    "learner": "sandbox.inside.learner",
    "checker": "sandbox.inside.checker",
    "script": "sandbox.inside.script",
    "served": "sandbox.inside.serving",
    "checked": "sandbox.inside.checked",
}
# A CUDA thread of the simulator is a thread here: small stacks let a block of 1,024 fit.
SIMULATOR_STACK = 256 * 1024
# The first descriptors after the standard three, whatever numbers the host's had.
CHANNEL, PEER = 3, 4


def main() -> NoReturn:
    run(*map(int, sys.argv[1:]))


def run(job_fd: int, report_fd: int, peer_fd: int | None = None) -> NoReturn:
    """Prepare this process, run the job's program in it, and end."""
    report = Report(report_fd)
    try:
        job = _read_job(job_fd)
        _keep_only(report_fd, peer_fd)
        report.descriptor = CHANNEL
        prepare_home()
        _write_files(job["files"])
        limit_resources(job["limits"])
        if job["simulator"]:
            threading.stack_size(SIMULATOR_STACK)
        program: Callable[[], None] = importlib.import_module(PROGRAMS[job["program"]]).prepare(report, job)
        sys.path[0] = ""  # modules in the working directory, as in a notebook
    except BaseException as error:
        report.send("fault", s=f"{type(error).__name__}: {error}")
        os._exit(1)
    program()
    report.send("done")
    os._exit(0)  # whatever the program left running or registered has had its time


def _read_job(descriptor: int) -> dict[str, Any]:
    with os.fdopen(descriptor, encoding="utf-8") as stream:
        job: dict[str, Any] = json.load(stream)
    return job


def _keep_only(*kept: int | None) -> None:
    """Close what was passed on but for the channels, which no program that a job starts inherits.

    A host with many open files hands over numbers that are above our own limit of open files.
    """
    above = CHANNEL + len(kept)
    moved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, above) for fd in kept if fd is not None]
    for number, descriptor in enumerate(moved, start=CHANNEL):
        os.dup2(descriptor, number, inheritable=False)
    for number in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if number >= CHANNEL + len(moved):
            with contextlib.suppress(OSError):  # the one that listed them
                os.close(number)


def prepare_home() -> None:
    """Link what the environment keeps for every home (settings, caches)."""
    skeleton = Path(sys.prefix, "home")
    home = Path.home()
    for path in skeleton.rglob("*"):
        if path.is_file():
            link = home / path.relative_to(skeleton)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)


def _write_files(files: dict[str, str]) -> None:
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
