"""The outputs of a job as they are kept: whole up to a budget, cut beyond it.

What a cell may put out is bounded inside; here all cells together are, as what is kept goes into a database.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.jobs import Output
from sandbox.messages import FloodedError

# Bytes of JSON for all outputs of a job. The reserve is for what decides about a cell's points (its error, its
# value, whether it wrote to stderr) and for the words that say what was cut.
BUDGET, RESERVE = 3_500_000, 500_000
LONGEST_SHORT = 200
CUT = "[Cut: the notebook put out more than is kept.]\n"


@dataclass
class _Display:
    """What all outputs of one display id show: only the latest counts. `size` is that of one such output."""

    shown: Output = field(default_factory=dict)
    size: int = 0
    count: int = 0


@dataclass
class _Kept:
    """One output. The texts of a stream are joined in the end, in one go."""

    output: Output
    size: int = 0
    texts: list[str] = field(default_factory=list)
    display: _Display | None = None

    def finished(self) -> Output:
        if self.display:
            return {**self.output, **self.display.shown}
        return {**self.output, "text": "".join(self.texts)} if self.texts else self.output


class Outputs:
    """The outputs of all cells; `begin` opens the next one's.

    Raises FloodedError when even the reserve is used up, or when one update alone needs more than the budget.
    """

    def __init__(self) -> None:
        self._cells: list[list[_Kept]] = []
        self._displays: dict[str, _Display] = {}
        self._cut: set[str] = set()  # streams of this cell that were told of the cut
        self._used = 0

    def begin(self) -> None:
        self._cells.append([])
        self._cut.clear()

    def text(self, name: str, text: str) -> str:
        """Add to a stream; what is kept comes back: the text, the notice that it is cut, or nothing."""
        size = _size(text)
        if self._has_room(size):
            self._append_text(name, text, size)
            return text
        return self._tell_of_cut(name)

    def add(self, output: Output, display_id: str = "") -> None:
        size = _size(output)
        if not self._has_room(size):
            self._add_short(output)
        elif display_id:
            display = self._displays.setdefault(display_id, _Display())
            self._charge(display.size)
            display.count += 1
            self._cells[-1].append(_Kept(output, display=display))
            self.update(display_id, output)
        else:
            self._charge(size)
            self._cells[-1].append(_Kept(output, size))

    def update(self, display_id: str, output: Output) -> None:
        """Show `output` wherever this id is shown, which may be thousands of places: it is kept for each."""
        display = self._displays.get(display_id)
        if display is None or not display.count:
            return
        size = _size(output)
        if size * display.count > BUDGET:
            raise FloodedError
        if not self._has_room((size - display.size) * display.count):
            output = {**output, "data": {"text/plain": CUT}, "metadata": {}}
            size = _size(output)
        self._charge((size - display.size) * display.count)
        display.size = size
        display.shown = {"data": output.get("data", {}), "metadata": output.get("metadata", {})}

    def clear(self) -> None:
        """Forget what the open cell put out."""
        for kept in self._cells[-1]:
            self._used -= kept.size
            if kept.display:
                kept.display.count -= 1
                self._used -= kept.display.size
        self._cells[-1].clear()
        self._cut.clear()

    def finished(self) -> Sequence[tuple[Output, ...]]:
        """By cell."""
        return [tuple(kept.finished() for kept in cell) for cell in self._cells]

    def _add_short(self, output: Output) -> None:
        short = _shortened(output)
        if short is None:
            self._tell_of_cut("stdout")
        else:
            size = _size(short)
            self._charge(size)
            self._cells[-1].append(_Kept(short, size))

    def _tell_of_cut(self, name: str) -> str:
        """One line for each stream of the cell: a cell that wrote to stderr is still seen to have done so."""
        if name in self._cut:
            return ""
        self._cut.add(name)
        self._append_text(name, CUT, _size(CUT))
        return CUT

    def _append_text(self, name: str, text: str, size: int) -> None:
        cell = self._cells[-1]
        if not cell or cell[-1].output.get("name") != name:
            empty = {"output_type": "stream", "name": name, "text": ""}
            cell.append(_Kept(empty))
            size += _size(empty)
        self._charge(size)
        cell[-1].size += size
        cell[-1].texts.append(text)

    def _has_room(self, size: int) -> bool:
        return self._used + size <= BUDGET

    def _charge(self, size: int) -> None:
        self._used += size
        if self._used > BUDGET + RESERVE:
            raise FloodedError


def _shortened(output: Output) -> Output | None:
    """What points hang on: the error's name and first words, the value if it may be a number."""
    if output["output_type"] == "error":
        names = {key: output[key][:LONGEST_SHORT] for key in ("ename", "evalue")}
        return {**output, **names, "traceback": [CUT]}
    if output["output_type"] == "execute_result":
        value = output["data"].get("text/plain")
        is_short = isinstance(value, str) and len(value) <= LONGEST_SHORT
        return {**output, "data": {"text/plain": value if is_short else CUT}, "metadata": {}}
    return None


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
