"""The program "cells": one after the other in one IPython shell. It reports, by kind:

ready · cell k · stream n s · output o id update · clear wait · end k status seconds line
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.inside.capture import Capture, OutputLimitExceeded
from sandbox.inside.clock import CellTimeout, Clock, kill_children
from sandbox.inside.limits import limit_memory, open_reserve
from sandbox.inside.report import Report


def prepare(report: Report, job: dict[str, Any]) -> Callable[[], None]:
    """What runs the cells when it is called."""
    return partial(Cells(report, job).run_all, job["cells"])


class Cells:
    """One shell with its clock and its output. A subclass may act around a cell (`execute`, `finish`)."""

    def __init__(self, report: Report, job: dict[str, Any]) -> None:
        self.limits = limits = job["limits"]
        self.report = report
        # Cells that leave no trace in the shell's history, as if they had not run.
        self._unlisted = frozenset(job["settings"].get("unlisted", ()))
        self._is_listed = True
        self.memory_mb = limits["memory_mb"]
        self.clock = Clock(limits["cell_seconds"], self._why_interrupt)
        self.capture = Capture(
            report,
            limits["output_bytes"],
            on_tick=self.clock.tick,
            on_overflow=self.clock.interrupt_now,
        )
        self.shell = _load_shell(self.capture, self.clock)

    def run_all(self, cells: list[str]) -> None:
        self.capture.start()
        self.report.send("ready")
        for index, source in enumerate(cells):
            self.run_one(index, source)

    def run_one(self, index: int, source: str) -> None:
        self.capture.begin_cell()
        self.report.send("cell", k=index)
        self._is_listed = index not in self._unlisted
        began = time.monotonic()
        error = self.execute(source)
        expired = self.clock.expired
        self.clock.stop()
        if expired and not isinstance(error, CellTimeout):
            self.say(CellTimeout("The cell ran on after its time was over."))
        elif self.capture.overflowed and not isinstance(error, OutputLimitExceeded):
            error = OutputLimitExceeded("The cell's output is over its limit.")
            self.say(error)
        if self.capture.overflowed:
            kill_children()  # a flood must not reach the next cell
        error = self.finish(index, error)
        self.capture.end_cell()
        expired = expired or type(error).__name__ == CellTimeout.__name__
        status = "timeout" if expired else "error" if error else "ok"
        line = _line_of(self.shell, error, source) if error else None
        self.report.send("end", k=index, status=status, seconds=time.monotonic() - began, line=line)

    def finish(self, index: int, error: BaseException | None) -> BaseException | None:
        """The last word on a cell, before its end is reported."""
        return error

    def execute(self, source: str) -> BaseException | None:
        try:
            limit_memory(self.memory_mb)
            self.clock.start()
            result = self.shell.run_cell(source, store_history=self._is_listed)
            self.clock.hold()
            open_reserve()
        except BaseException as error:  # raised by the clock outside the learner's code
            self.clock.hold()
            open_reserve()
            self.say(error)
            return error
        failure: BaseException | None = result.error_before_exec or result.error_in_exec
        return failure

    def say(self, error: BaseException) -> None:
        from sandbox.inside.shell import error_output

        name, value = type(error).__name__, str(error)
        self.capture.final("output", o=error_output(name, value, f"{name}: {value}"))

    def _why_interrupt(self) -> BaseException | None:
        if self.capture.overflowed:
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
