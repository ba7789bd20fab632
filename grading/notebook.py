"""Notebooks as strangers send them: bounded before parsing, read without trust, rebuilt from the MASTER.

Plain JSON and the standard library, so that the web and the workers pay for nothing else. A notebook here
is nbformat 4 as a dict; `nbgrader_adapter` is where nbgrader's own rules are applied.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

MAX_BYTES = 10 * 2**20
MAX_DEPTH = 64
MAX_CELLS = 2_000
# Texts, lists and objects: what takes time to parse, whatever the file's size.
MAX_PARTS = 300_000
# Characters of a grade_id: what names a test result.
MAX_NAME = 120

Notebook = dict[str, Any]
Cell = dict[str, Any]

# A string that never ends is taken to the end of the file: looking for its end again from each of its quotes
# would take time with the square of its length.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
_HIDDEN_BEGINS = re.compile(r"BEGIN HIDDEN TESTS", re.IGNORECASE)
_HIDDEN_ENDS = re.compile(r"END HIDDEN TESTS", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"


class NotebookRefused(Exception):
    """A file that cannot be graded; the message says what is wrong and what to do, in the reader's language."""


def parse(data: bytes) -> Notebook:
    """The notebook in `data`, with `source` of every cell joined to one text.

    Raises NotebookRefused. Size and depth are checked before anything is parsed.
    """
    if len(data) > MAX_BYTES:
        raise NotebookRefused(
            _(
                "The file is larger than 10 MB. Clear large outputs (Edit → Clear All Outputs), save, and try again."
            )
        )
    if data[:2] == b"PK":
        raise NotebookRefused(_("This is a zip archive. Unpack it and upload the .ipynb file itself."))
    if not data.removeprefix(_BOM).lstrip().startswith((b"{", b"[")):
        raise _not_a_notebook()
    _check_depth(data)
    try:
        # As UTF-8 and nothing else: json would also read UTF-16, whose depth was not checked.
        parsed = json.loads(data.removeprefix(_BOM).decode())
    except (ValueError, RecursionError) as error:
        raise NotebookRefused(
            _(
                "The file is not a complete notebook: its JSON breaks off or is damaged. Save it again and upload it."
            )
        ) from error
    return _as_notebook(parsed)


def _check_depth(data: bytes) -> None:
    depth = 0
    for count, match in enumerate(_STRING_OR_BRACKET.finditer(data)):
        token = match[0]
        if count > MAX_PARTS:
            raise NotebookRefused(
                _(
                    "The file has more parts than a notebook can have. Download the exercise again and start from it."
                )
            )
        if token in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotebookRefused(
                    _(
                        "The file is nested too deeply to be a notebook. Download the exercise again and start from it."
                    )
                )
        elif token in b"]}":
            depth -= 1


def _not_a_notebook() -> NotebookRefused:
    return NotebookRefused(
        _("This file is not a Jupyter notebook. Upload the .ipynb file that you downloaded from this page.")
    )


def _as_notebook(parsed: Any) -> Notebook:
    if not isinstance(parsed, dict):
        raise _not_a_notebook()
    raw = parsed.get("cells")
    if raw is None and isinstance(parsed.get("worksheets"), list):  # nbformat 3
        raw = [cell for sheet in parsed["worksheets"] for cell in _cells_of(sheet)]
    if not isinstance(raw, list):
        raise _not_a_notebook()
    if len(raw) > MAX_CELLS:
        raise NotebookRefused(
            _("The notebook has more than 2,000 cells. Remove cells you do not need and try again.")
        )
    if not all(isinstance(cell, dict) for cell in raw):
        raise _not_a_notebook()
    metadata = parsed.get("metadata")
    return {
        "cells": [_as_cell(cell) for cell in raw],
        "metadata": metadata if isinstance(metadata, dict) else {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cells_of(worksheet: Any) -> list[Any]:
    cells = worksheet.get("cells") if isinstance(worksheet, dict) else None
    return cells if isinstance(cells, list) else []


def _as_cell(raw: Mapping[str, Any]) -> Cell:
    metadata, kind = raw.get("metadata"), raw.get("cell_type")
    cell: Cell = {
        "cell_type": kind if isinstance(kind, str) and kind in {"code", "markdown", "raw"} else "markdown",
        "metadata": metadata if isinstance(metadata, dict) else {},
        "source": _joined(raw.get("source", raw.get("input", ""))),
    }
    if isinstance(raw.get("id"), str):
        cell["id"] = raw["id"]
    if cell["cell_type"] == "code":
        cell |= {"outputs": [], "execution_count": None}
    return cell


def _joined(source: Any) -> str:
    """One text; halves of surrogate pairs, which no UTF-8 file can hold, become question marks."""
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    return text.encode("utf-8", "replace").decode()


def parse_trusted(data: bytes) -> Notebook:
    """A notebook that we wrote ourselves, by `dump`."""
    notebook: Notebook = json.loads(data)
    return notebook


def dump(notebook: Notebook) -> bytes:
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


def grading_metadata(cell: Cell) -> dict[str, Any]:
    metadata = cell["metadata"].get("nbgrader")
    return metadata if isinstance(metadata, dict) else {}


def grade_id(cell: Cell) -> str:
    """Nbgrader's name of the cell; empty for a cell that nbgrader does not know."""
    value = grading_metadata(cell).get("grade_id")
    return value if isinstance(value, str) else ""


def is_answer(cell: Cell) -> bool:
    """Whether what stands here is the learner's: a solution cell, or one that is answered and graded by hand."""
    metadata = grading_metadata(cell)
    return bool(metadata.get("solution") or metadata.get("task"))


def is_graded(cell: Cell) -> bool:
    metadata = grading_metadata(cell)
    return bool(metadata.get("grade") or metadata.get("task"))


def is_graded_by_hand(cell: Cell) -> bool:
    metadata = grading_metadata(cell)
    return bool(metadata.get("task") or (metadata.get("grade") and metadata.get("solution")))


def hidden_lines(source: str) -> frozenset[int]:
    """The numbers, from 1, of the lines of a test cell that learners never see."""
    lines, inside = set(), False
    for number, line in enumerate(source.splitlines(), start=1):
        inside = inside or bool(_HIDDEN_BEGINS.search(line))
        if inside:
            lines.add(number)
        inside = inside and not _HIDDEN_ENDS.search(line)
    return frozenset(lines)


def answer_cells(notebook: Notebook) -> Iterator[Cell]:
    return (cell for cell in notebook["cells"] if is_answer(cell) and grade_id(cell))


def with_answers(released: Notebook, answers: Mapping[str, str]) -> Notebook:
    """The released notebook with the sources of its answer cells replaced, by grade_id.

    An empty answer leaves the cell as it was handed out: nothing was written.
    """
    notebook = copy.deepcopy(released)
    for cell in answer_cells(notebook):
        answer = answers.get(grade_id(cell), "")
        cell["source"] = answer if answer.strip() else cell["source"]
    return notebook


@dataclass(frozen=True)
class Rebuilt:
    """What is run and scored, and what the learner should know about the file they handed in."""

    notebook: Notebook
    # Codes: "unchanged", "deleted", "duplicated".
    notices: tuple[str, ...]


def rebuild(submitted: Notebook, master: Notebook) -> Rebuilt:
    """The MASTER with the learner's answers and extra code cells, and nothing else of theirs.

    Cells, order, flags, points and tests are the author's; of an answer that occurs twice the last one
    counts; outputs and tags are cleared. Extra code cells, and edits of cells that nbgrader does not know,
    run behind the cell they stood behind. Raises NotebookRefused for the notebook of another exercise.
    """
    by_name = {grade_id(cell): index for index, cell in enumerate(master["cells"]) if grade_id(cell)}
    free = [(index, cell) for index, cell in enumerate(master["cells"]) if not grade_id(cell)]
    by_source = {cell["source"]: index for index, cell in reversed(free)}
    by_id = {cell["id"]: index for index, cell in free if "id" in cell}
    answers: dict[str, str] = {}
    extras: dict[int, list[Cell]] = {}
    seen: list[str] = []
    anchor = -1
    for cell in submitted["cells"]:
        name = grade_id(cell)
        if name in by_name:
            seen.append(name)
            anchor = by_name[name]
            if is_answer(master["cells"][anchor]):
                answers[name] = cell["source"]
        elif cell["source"] in by_source:
            anchor = by_source[cell["source"]]
        elif cell["cell_type"] == "code" and cell["source"].strip():
            anchor = by_id.get(cell.get("id", ""), anchor)
            extras.setdefault(anchor, []).append(cell)
    if by_name and not seen:
        raise NotebookRefused(
            _("This is the notebook of another exercise. Upload the file that you downloaded from this page.")
        )
    return Rebuilt(_merged(master, answers, extras), _notices(master, answers, seen))


def _merged(master: Notebook, answers: Mapping[str, str], extras: Mapping[int, Sequence[Cell]]) -> Notebook:
    cells = [_extra_cell(cell) for cell in extras.get(-1, ())]
    for index, original in enumerate(master["cells"]):
        cell = copy.deepcopy(original)
        cell["source"] = answers.get(grade_id(cell), cell["source"])
        cell["metadata"].pop("tags", None)
        cell["metadata"].pop("extra", None)
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        cells.append(cell)
        cells += [_extra_cell(extra) for extra in extras.get(index, ())]
    return {**copy.deepcopy(master), "cells": cells}


def _extra_cell(cell: Cell) -> Cell:
    return {
        "cell_type": "code",
        "metadata": {"extra": True},
        "source": cell["source"],
        "outputs": [],
        "execution_count": None,
    }


def _notices(master: Notebook, answers: Mapping[str, str], seen: Sequence[str]) -> tuple[str, ...]:
    asked = {grade_id(cell): cell["source"] for cell in answer_cells(master)}
    expected = {grade_id(cell) for cell in master["cells"] if is_answer(cell) or is_graded(cell)}
    notices = []
    if asked and all(answers.get(name, source) == source for name, source in asked.items()):
        notices.append("unchanged")
    if expected - set(seen):
        notices.append("deleted")
    if len(seen) > len(set(seen)):
        notices.append("duplicated")
    return tuple(notices)
