"""The program inside the sandbox: `python -P -s run_cells.py JOB_FD REPORT_FD`, in the working directory.

JOB_FD holds the job as JSON; the reports go to REPORT_FD, one JSON object a line, `t` being its kind:
ready · cell k · stream n s · output o id update · clear wait · end k status seconds line · done · fault s
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parents[2]))

from sandbox.inside.capture import Capture, OutputLimitExceeded
from sandbox.inside.clock import CellTimeout, Clock
from sandbox.inside.limits import limit_memory, limit_resources, open_reserve
from sandbox.inside.report import Report

# A CUDA thread of the simulator is a thread here: small stacks let a block of 1,024 fit.
SIMULATOR_STACK = 256 * 1024
# The first descriptor after the standard three, whatever number the host's had.
CHANNEL = 3


def main() -> NoReturn:
    job_fd, report_fd = int(sys.argv[1]), int(sys.argv[2])
    report = Report(report_fd)
    try:
        job = _read_job(job_fd)
        report.descriptor = _close_all_but(report_fd)
        _prepare_home()
        _write_files(job["files"])
        limit_resources(job["limits"])
        if job["simulator"]:
            threading.stack_size(SIMULATOR_STACK)
        cells = _Cells(report, job)
    except BaseException as error:
        report.send("fault", s=f"{type(error).__name__}: {error}")
        os._exit(1)
    cells.run_all(job["cells"])
    report.send("done")
    os._exit(0)  # whatever the cells left running or registered has had its time


class _Cells:
    def __init__(self, report: Report, job: dict[str, Any]) -> None:
        limits = job["limits"]
        self._report = report
        self._memory_mb = limits["memory_mb"]
        self._clock = Clock(limits["cell_seconds"], self._why_interrupt)
        self._capture = Capture(
            report,
            limits["output_bytes"],
            on_tick=self._clock.tick,
            on_overflow=self._clock.interrupt_now,
        )
        self._shell = _load_shell(self._capture, self._clock)

    def run_all(self, cells: list[str]) -> None:
        sys.path[0] = ""  # modules in the working directory, as in a notebook
        self._capture.start()
        self._report.send("ready")
        for index, source in enumerate(cells):
            self._run_one(index, source)

    def _run_one(self, index: int, source: str) -> None:
        self._capture.begin_cell()
        self._report.send("cell", k=index)
        began = time.monotonic()
        error = self._execute(source)
        expired = self._clock.expired
        self._clock.stop()
        if expired and not isinstance(error, CellTimeout):
            self._say(CellTimeout("The cell ran on after its time was over."))
        elif self._capture.overflowed and not isinstance(error, OutputLimitExceeded):
            error = OutputLimitExceeded("The cell's output is over its limit.")
            self._say(error)
        self._capture.end_cell()
        status = "timeout" if expired else "error" if error else "ok"
        line = _line_of(self._shell, error, source) if error else None
        self._report.send("end", k=index, status=status, seconds=time.monotonic() - began, line=line)

    def _execute(self, source: str) -> BaseException | None:
        try:
            limit_memory(self._memory_mb)
            self._clock.start()
            result = self._shell.run_cell(source, store_history=True)
            self._clock.hold()
            open_reserve()
        except BaseException as error:  # raised by the clock outside the learner's code
            self._clock.hold()
            open_reserve()
            self._say(error)
            return error
        failure: BaseException | None = result.error_before_exec or result.error_in_exec
        return failure

    def _say(self, error: BaseException) -> None:
        from sandbox.inside.shell import error_output

        name, value = type(error).__name__, str(error)
        self._capture.final("output", o=error_output(name, value, f"{name}: {value}"))

    def _why_interrupt(self) -> BaseException | None:
        if self._capture.overflowed:
            return OutputLimitExceeded("The cell's output is over its limit.")
        return None


def _load_shell(capture: Capture, clock: Clock) -> Any:  # IPython is typed in parts
    from sandbox.inside.shell import make_shell

    return make_shell(capture, clock)


def _line_of(shell: Any, error: BaseException, source: str) -> int | None:
    """The line in the cell's source; IPython leaves out leading empty lines before it compiles."""
    line = None
    names = shell.compile._filename_map  # noqa: SLF001 - compiled file name -> execution count
    count = shell.execution_count - 1
    traceback = error.__traceback__
    while traceback:
        if names.get(traceback.tb_frame.f_code.co_filename) == count:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    if line is None and isinstance(error, SyntaxError):
        line = error.lineno
    if line is None:
        return None
    lines = source.split("\n")
    empty = next((n for n, text in enumerate(lines) if text.strip()), 0)
    return min(line + empty, len(lines))


def _read_job(descriptor: int) -> dict[str, Any]:
    with os.fdopen(descriptor, encoding="utf-8") as stream:
        job: dict[str, Any] = json.load(stream)
    return job


def _close_all_but(report_fd: int) -> int:
    """Close what bubblewrap passed on; the channel stays, as `CHANNEL`, and no program of a cell inherits it.

    A host with many open files hands over a number that is above our own limit of open files.
    """
    if report_fd != CHANNEL:
        os.dup2(report_fd, CHANNEL)
    os.set_inheritable(CHANNEL, False)
    for number in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if number > CHANNEL:
            with contextlib.suppress(OSError):  # the one that listed them
                os.close(number)
    return CHANNEL


def _prepare_home() -> None:
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
