"""The same cells through nbclient and ipykernel, which is what a learner's own Jupyter does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest

from tests.sandbox.conftest import RunCells

# Not both streams in one cell: their order is ipykernel's chance, and ours is that of the program.
CELLS = (
    "print('a'); print('b')\n[1, 2]",
    "import sys\nprint('e', file=sys.stderr)",
    "class P:\n    def _repr_html_(self): return '<b>p</b>'\n    def __repr__(self): return 'P()'\nP()",
    "display({'a': 1}); None",
    "{'x': list(range(40)), 'y': 'z' * 60}",
    "_ = 5\nOut[1], In[2]",
    "def f(n):\n    return 1 / n\nf(0)",
    "x = )",
    "raise KeyError('한글')",
    "import sys; sys.exit('bye')",
    "assert 1 == 2, 'no'",
    "len?",
    "%config InteractiveShell.ast_node_interactivity = 'all'",
    "1\n2",
)


def comparable(outputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without colours, the libraries' folder and the cell's invented file name; streams joined as on disk."""
    plain: list[dict[str, Any]] = []
    for output in outputs:
        if output["output_type"] == "stream" and plain and plain[-1].get("name") == output["name"]:
            plain[-1]["text"] += output["text"]
        elif output["output_type"] == "error":
            text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
            value = re.sub(r"\(\S+, line", "(cell, line", output["evalue"])
            plain.append({**output, "evalue": value, "traceback": text})
        else:
            plain.append(dict(output))
        if "text" in plain[-1]:
            plain[-1]["text"] = re.sub(r"/\S+/site-packages", "", plain[-1]["text"])
    return plain


def test_outputs_are_those_of_ipykernel(run_cells: RunCells) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbclient.NotebookClient(notebook, allow_errors=True, kernel_name="python3", timeout=60).execute()
    result = run_cells(*CELLS)
    for source, theirs, ours in zip(CELLS, notebook.cells, result.cells, strict=True):
        assert comparable(ours.outputs) == comparable(theirs.outputs), source
