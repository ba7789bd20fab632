"""Turns the messages of a sandbox into events and, in the end, the cells' results."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sandbox.jobs import CellResult, CellStatus, Output
from sandbox.messages import ForgedError, checked_output, number_of, text_of

Event = dict[str, Any]
STATUSES: tuple[CellStatus, ...] = ("ok", "error", "timeout")


class Collector:
    """The state of a job as its messages tell it; whatever is out of order is forged."""

    def __init__(self, cells: tuple[str, ...], emit: Callable[[Event], None]) -> None:
        self._sources = cells
        self._emit = emit
        self._ended: list[CellResult] = []
        self._outputs: list[Output] = []
        self._shown: dict[str, list[Output]] = {}
        self._clear_next = False
        self.is_ready = False
        self.is_done = False
        self.fault = ""
        self.began: float | None = None  # when the running cell began, on the monotonic clock

    def take(self, message: dict[str, Any]) -> None:
        handler = self._HANDLERS.get(text_of(message, "t"))
        if handler is None or self.is_done:
            raise ForgedError
        handler(self, message)

    def results(self, status: CellStatus, name: str, sentence: str) -> tuple[CellResult, ...]:
        """One result per cell. The running one, if any, gets `status` and an error output saying so."""
        results = list(self._ended)
        if self.began is not None:
            error = {
                "output_type": "error",
                "ename": name,
                "evalue": sentence,
                "traceback": [f"{name}: {sentence}"],
            }
            seconds = time.monotonic() - self.began
            results.append(CellResult(len(results), status, seconds, (*self._outputs, error)))
        missing = range(len(results), len(self._sources))
        return (*results, *(CellResult(index, "not_run", 0.0) for index in missing))

    def _ready(self, _message: dict[str, Any]) -> None:
        if self.is_ready:
            raise ForgedError
        self.is_ready = True
        self._emit({"type": "started"})

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
        self._outputs, self._clear_next = [], False
        self._emit({"type": "cell", "index": index, "of": len(self._sources), "status": "running"})

    def _stream(self, message: dict[str, Any]) -> None:
        name, text = text_of(message, "n"), text_of(message, "s")
        if name not in {"stdout", "stderr"}:
            raise ForgedError
        if self.began is None:  # a thread that outlived its cell
            return
        self._clear_if_asked()
        last = self._outputs[-1] if self._outputs else {}
        if last.get("name") == name:
            last["text"] += text
        else:
            self._outputs.append({"output_type": "stream", "name": name, "text": text})
        self._emit({"type": "stream", "index": len(self._ended), "name": name, "text": text})

    def _output(self, message: dict[str, Any]) -> None:
        output = checked_output(message.get("o"))
        if self.began is None:
            return
        display_id = message.get("id")
        if display_id is not None and not isinstance(display_id, str):
            raise ForgedError
        if message.get("update"):
            for shown in self._shown.get(display_id or "", []):
                shown.update(data=output.get("data", {}), metadata=output.get("metadata", {}))
            return
        self._clear_if_asked()
        self._outputs.append(output)
        if display_id:
            self._shown.setdefault(display_id, []).append(output)

    def _clear(self, message: dict[str, Any]) -> None:
        self._clear_next = True
        if not message.get("wait"):
            self._clear_if_asked()

    def _clear_if_asked(self) -> None:
        if self._clear_next:
            self._outputs, self._clear_next = [], False

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
        self._ended.append(CellResult(index, status, seconds, tuple(self._outputs), line))
        self.began = None
        cell = {"index": index, "of": len(self._sources), "status": status, "seconds": seconds}
        self._emit({"type": "cell", **cell})

    def _seconds(self, message: dict[str, Any]) -> float:
        """As measured inside, where a slow listener of events does not count; never more than outside."""
        value = message.get("seconds")
        if not isinstance(value, int | float) or self.began is None:
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
