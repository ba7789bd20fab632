"""From what ran in a sandbox to a verdict on every test."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from grading.canaries import BROKEN
from grading.nbgrader_adapter import CellScore, score
from grading.notebook import Cell, Notebook, grade_id, hidden_lines, is_graded, is_graded_by_hand
from sandbox import CellResult, Result

_MAX_TEXT = 4_000
# Characters that a submission's own cells may show in all.
_MAX_OWN_OUTPUT = 20_000
# A shorter line of a hidden test ("else:") says nothing about it.
_TELLING = 8
_STUB = "raise NotImplementedError()"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One test's outcome: the fields of `models.TestResult`."""

    name: str
    points: float | None
    max_points: float
    by_hand: bool
    hidden: bool
    # "", or one of: error (an assert), raised (any other exception), stderr, timeout, not_run, out_of_range,
    # partial, no_response, tampered, cannot_cross.
    reason: str
    message: str
    output: str


def judge(notebook: Notebook, result: Result) -> list[Verdict]:
    """Score a rebuilt notebook by what its cells did; one verdict per graded cell, in order.

    Fails closed: a cell that did not run to its end, for whatever reason, earns nothing.
    """
    executed = _with_outputs(notebook, result)
    runs = {id(cell): run for cell, run in _code_cells(executed, result)}
    graded = [cell for cell in executed["cells"] if is_graded(cell)]
    return [
        _verdict(cell, verdict, runs.get(id(cell)))
        for cell, verdict in zip(graded, score(executed), strict=True)
    ]


def _code_cells(notebook: Notebook, result: Result) -> list[tuple[Cell, CellResult]]:
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return list(zip(cells, result.cells, strict=True))


def _with_outputs(notebook: Notebook, result: Result) -> Notebook:
    notebook = copy.deepcopy(notebook)
    for cell, run in _code_cells(notebook, result):
        cell["outputs"] = [dict(output) for output in run.outputs]
        if run.status != "ok" and not any(output["output_type"] == "error" for output in cell["outputs"]):
            cell["outputs"].append(
                {"output_type": "error", "ename": run.status, "evalue": "", "traceback": []}
            )
    return notebook


def _verdict(cell: Cell, verdict: CellScore, run: CellResult | None) -> Verdict:
    by_hand = is_graded_by_hand(cell)
    reason = _reason(verdict, run, by_hand=by_hand)
    hidden = reason == "error" and _is_hidden(cell["source"], run)
    if reason == "error" and not hidden and run is not None and _error(run)[0] != "AssertionError":
        reason = "raised"
    return Verdict(
        name=grade_id(cell),
        points=verdict.points,
        max_points=verdict.max_points,
        by_hand=by_hand,
        hidden=hidden,
        reason=reason,
        message="" if hidden or run is None or reason == "tampered" else _error_text(run),
        # A learner's own print inside a test with hidden parts could carry those out.
        output="" if by_hand or run is None or hidden_lines(cell["source"]) else _printed(run),
    )


def _reason(verdict: CellScore, run: CellResult | None, *, by_hand: bool) -> str:
    if by_hand:
        return "no_response" if verdict.points == 0 and verdict.max_points else ""
    if verdict.out_of_range:
        return "out_of_range"
    if run is not None and _is_tampered(run):
        return "tampered"
    if run is not None and run.status in {"timeout", "not_run", "error"}:
        return run.status
    if run is not None and _stream(run, "stderr"):
        return "stderr"
    return "partial" if verdict.points is not None and verdict.points < verdict.max_points else ""


def _is_tampered(run: CellResult) -> bool:
    """See `canaries`."""
    return any(output["output_type"] == "error" and output.get("ename") == BROKEN for output in run.outputs)


def _is_hidden(source: str, run: CellResult | None) -> bool:
    """Whether what failed is a hidden test, or carries a line of one.

    A learner's code can raise any text, the hidden tests' own among them, as a message or as a name.
    """
    secret = hidden_lines(source)
    if not secret:
        return False
    if run is None or run.line is None or run.line in secret:
        return True
    told = " ".join(_error(run))
    lines = [line.strip() for number, line in enumerate(source.splitlines(), 1) if number in secret]
    return any(len(line) >= _TELLING and line in told for line in lines)


def own_cells(notebook: Notebook, result: Result) -> list[dict[str, Any]]:
    """What the cells that are no tests did, where there is something to tell: an error, or something printed.

    Each: name (its grade_id or ""), reason ("", error, timeout, unanswered), line, message, output.
    """
    told, room = [], _MAX_OWN_OUTPUT
    for cell, run in _code_cells(notebook, result):
        if is_graded(cell) and not is_graded_by_hand(cell):
            continue
        reason: str = run.status if run.status in {"error", "timeout"} else ""
        if _error(run)[0] == "NotImplementedError" and cell["source"].rstrip().endswith(_STUB):
            reason = "unanswered"
        output = _shown(run)[: min(_MAX_TEXT, room)]
        room -= len(output)
        if reason or output:
            message = _error_text(run) if reason == "error" else ""
            told.append(
                {
                    "name": grade_id(cell),
                    "reason": reason,
                    "line": run.line,
                    "message": message,
                    "output": output,
                }
            )
    return told


def _shown(run: CellResult) -> str:
    """What a cell printed, and the text of its value."""
    values = [
        str(output.get("data", {}).get("text/plain", "")) + "\n"
        for output in run.outputs
        if output["output_type"] == "execute_result"
    ]
    return (_printed(run) + "".join(values)).rstrip()


def _error(run: CellResult) -> tuple[str, str]:
    """The name and the words of a cell's error; empty where there was none."""
    for output in run.outputs:
        if output["output_type"] == "error":
            return str(output.get("ename", "")), str(output.get("evalue", ""))
    return "", ""


def _error_text(run: CellResult) -> str:
    """What an assert says is written for the learner; other errors are named as Python names them."""
    name, value = _error(run)
    text = value if name == "AssertionError" and value else f"{name}: {value}".removesuffix(": ")
    return text.removeprefix(": ")[:_MAX_TEXT]


def _stream(run: CellResult, name: str) -> str:
    parts = [
        str(o.get("text", "")) for o in run.outputs if o["output_type"] == "stream" and o.get("name") == name
    ]
    return "".join(parts)


def _printed(run: CellResult) -> str:
    return (_stream(run, "stdout") + _stream(run, "stderr"))[:_MAX_TEXT]
