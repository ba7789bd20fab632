"""Turns the messages of a sandbox into events and, in the end, the cells' results."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.jobs import CellResult, CellStatus
from sandbox.messages import ForgedError, checked_output, number_of, text_of
from sandbox.outputs import Outputs

Event = dict[str, Any]
STATUSES: tuple[CellStatus, ...] = ("ok", "error", "timeout")


class Collector:
    """The state of a job as its messages tell it; whatever is out of order is forged."""

    def __init__(self, cells: tuple[str, ...]) -> None:
        self._sources = cells
        self._events: list[Event] = []
        self._ended: list[CellResult] = []  # without their outputs: a later cell may update a display
        self._outputs = Outputs()
        self._clear_next = False
        self.is_ready = False
        self.is_done = False
        self.fault = ""
        self.began: float | None = None  # when the running cell began, on the monotonic clock

    def take(self, message: dict[str, Any]) -> list[Event]:
        """What a listener is told of it. Raises ForgedError and FloodedError."""
        handler = self._HANDLERS.get(text_of(message, "t"))
        if handler is None or self.is_done:
            raise ForgedError
        self._events = []
        handler(self, message)
        return self._events

    def results(self, status: CellStatus, name: str, sentence: str) -> tuple[CellResult, ...]:
        """One result per cell. The running one, if any, gets `status` and an error output saying so."""
        outputs = self._outputs.finished()
        results = [replace(cell, outputs=outputs[cell.index]) for cell in self._ended]
        if self.began is not None:
            error = {
                "output_type": "error",
                "ename": name,
                "evalue": sentence,
                "traceback": [f"{name}: {sentence}"],
            }
            seconds = time.monotonic() - self.began
            results.append(CellResult(len(results), status, seconds, (*outputs[len(results)], error)))
        missing = range(len(results), len(self._sources))
        return (*results, *(CellResult(index, "not_run", 0.0) for index in missing))

    def _ready(self, _message: dict[str, Any]) -> None:
        if self.is_ready:
            raise ForgedError
        self.is_ready = True
        self._events.append({"type": "started"})

    def _fault(self, message: dict[str, Any]) -> None:
        if self.is_ready:
            raise ForgedError
        self.fault = text_of(message, "s") or "no reason given"

    def _cell(self, message: dict[str, Any]) -> None:
        index = len(self._ended)
        if not self.is_ready or self.began is not None or number_of(message, "k") != index:
            raise ForgedError
        if index >= len(self._sources):
            raise ForgedError
        self.began = time.monotonic()
        self._outputs.begin()
        self._clear_next = False
        self._events.append({"type": "cell", "index": index, "of": len(self._sources), "status": "running"})

    def _stream(self, message: dict[str, Any]) -> None:
        name, text = text_of(message, "n"), text_of(message, "s")
        if name not in {"stdout", "stderr"}:
            raise ForgedError
        if self.began is None:  # a thread that outlived its cell
            return
        self._clear_if_asked()
        if kept := self._outputs.text(name, text):
            self._events.append({"type": "stream", "index": len(self._ended), "name": name, "text": kept})

    def _output(self, message: dict[str, Any]) -> None:
        output = checked_output(message.get("o"))
        if self.began is None:
            return
        display_id = message.get("id")
        if display_id is not None and not isinstance(display_id, str):
            raise ForgedError
        if message.get("update"):
            self._outputs.update(display_id or "", output)
            return
        self._clear_if_asked()
        self._outputs.add(output, display_id or "")

    def _clear(self, message: dict[str, Any]) -> None:
        self._clear_next = True
        if not message.get("wait"):
            self._clear_if_asked()

    def _clear_if_asked(self) -> None:
        if self._clear_next and self.began is not None:
            self._outputs.clear()
        self._clear_next = False

    def _end(self, message: dict[str, Any]) -> None:
        index = len(self._ended)
        status = next((known for known in STATUSES if known == message.get("status")), None)
        if self.began is None or number_of(message, "k") != index or status is None:
            raise ForgedError
        line = message.get("line")
        lines = self._sources[index].count("\n") + 1
        if line is not None and not 1 <= number_of(message, "line") <= lines:
            raise ForgedError
        seconds = self._seconds(message)
        self._ended.append(CellResult(index, status, seconds, line=line))
        self.began = None
        cell = {"index": index, "of": len(self._sources), "status": status, "seconds": seconds}
        self._events.append({"type": "cell", **cell})

    def _seconds(self, message: dict[str, Any]) -> float:
        """As measured inside, where a slow listener of events does not count; never more than outside."""
        value = message.get("seconds")
        if not isinstance(value, int | float) or isinstance(value, bool) or self.began is None:
            raise ForgedError
        return round(min(max(float(value), 0.0), time.monotonic() - self.began), 6)

    def _done(self, _message: dict[str, Any]) -> None:
        if len(self._ended) != len(self._sources):
            raise ForgedError
        self.is_done = True

    _HANDLERS: dict[str, Callable[[Collector, dict[str, Any]], None]] = {
        "ready": _ready,
        "fault": _fault,
        "cell": _cell,
        "stream": _stream,
        "output": _output,
        "clear": _clear,
        "end": _end,
        "done": _done,
    }
