"""What is kept of a job's outputs has one budget, and what it costs us does not grow with what they repeat."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from sandbox.messages import FloodedError
from sandbox.outputs import BUDGET, CUT, RESERVE, Outputs
from tests.sandbox.conftest import RunCells, error_of, text_of


def shown(text: str) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def size_of(outputs: Outputs) -> int:
    return len(json.dumps(list(outputs.finished()), ensure_ascii=False).encode())


@pytest.fixture
def outputs() -> Outputs:
    opened = Outputs()
    opened.begin()
    return opened


@pytest.fixture
def full(outputs: Outputs) -> Outputs:
    """With no room but the reserve, in a cell of its own."""
    outputs.text("stdout", "x" * (BUDGET - 200))
    outputs.begin()
    return outputs


def test_a_stream_is_cut_once_and_says_so(full: Outputs) -> None:
    assert [full.text("stdout", "y" * 1000) for _ in range(3)] == [CUT, "", ""]
    full.begin()
    full.text("stdout", "z" * 1000)
    assert [output["text"] for cell in full.finished()[1:] for output in cell] == [CUT, CUT]


def test_what_points_hang_on_survives_the_cut(full: Outputs) -> None:
    full.text("stderr", "warning " * 100)
    full.add({"output_type": "error", "ename": "E" * 900, "evalue": "no", "traceback": ["t" * 1000]})
    data = {"text/plain": "0.5", "text/html": "h" * 1000}
    full.add({"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1})
    stream, error, value = full.finished()[1]
    assert (stream["name"], stream["text"]) == ("stderr", CUT)
    assert (error["ename"], error["evalue"], error["traceback"]) == ("E" * 200, "no", [CUT])
    assert value["data"] == {"text/plain": "0.5"}


def test_figures_beyond_the_budget_are_one_line(full: Outputs) -> None:
    for _ in range(5):
        full.add(shown("f" * 1000))
    assert [output["text"] for output in full.finished()[1]] == [CUT]


def test_even_short_outputs_come_to_an_end(outputs: Outputs) -> None:
    error = {"output_type": "error", "ename": "\x01" * 200, "evalue": "", "traceback": []}

    def add_for_ever() -> None:
        for _ in range(10_000):
            outputs.add(error)

    with pytest.raises(FloodedError):
        add_for_ever()
    assert size_of(outputs) < 1.05 * (BUDGET + RESERVE)


def test_what_is_cleared_gives_its_room_back(outputs: Outputs) -> None:
    for _ in range(20):
        outputs.add(shown("f" * 900_000), "a")
        outputs.text("stdout", "x" * 900_000)
        outputs.clear()
    outputs.text("stdout", "on")
    assert outputs.finished() == [({"output_type": "stream", "name": "stdout", "text": "on"},)]


def test_an_update_reaches_all_outputs_of_its_id_in_earlier_cells_too(outputs: Outputs) -> None:
    outputs.add(shown("1"), "a")
    outputs.add(shown("2"), "b")
    outputs.begin()
    outputs.add(shown("3"), "a")
    outputs.update("a", shown("4"))
    outputs.update("nobody", shown("5"))
    texts = [[output["data"]["text/plain"] for output in cell] for cell in outputs.finished()]
    assert texts == [["4", "2"], ["4"]]


def test_an_update_that_finds_no_room_says_so(full: Outputs) -> None:
    full.add(shown("1"), "a")
    full.update("a", shown("x" * 1000))
    assert full.finished()[1][0]["data"] == {"text/plain": CUT}


def test_an_update_of_many_outputs_is_kept_for_each_and_counted_so(outputs: Outputs) -> None:
    for _ in range(320):
        outputs.add(shown("1"), "a")
    with pytest.raises(FloodedError):
        outputs.update("a", shown("x" * 900_000))
    assert size_of(outputs) < 100_000


def test_many_pieces_and_many_updates_cost_little(outputs: Outputs) -> None:
    began = time.process_time()
    outputs.text("stdout", "x" * 3_000_000)
    for _ in range(100_000):
        outputs.text("stdout", "y")
    outputs.clear()
    for _ in range(30_000):
        outputs.add(shown(""), "a")
        outputs.update("a", shown(""))
    assert time.process_time() - began < 5
    assert size_of(outputs) < BUDGET + RESERVE


def test_a_notebook_that_prints_much_keeps_its_verdicts(run_cells: RunCells) -> None:
    result = run_cells(*["print('x' * 930_000)"] * 8, "print('on', file=__import__('sys').stderr)", "1 + 1")
    assert [cell.status for cell in result.cells] == ["ok"] * 10, result.detail
    assert result.status == "done"
    assert len(result.to_json()) < BUDGET + RESERVE
    assert text_of(result.cells[7]).endswith(CUT)
    assert result.cells[9].outputs[-1]["data"] == {"text/plain": "2"}


def test_one_large_update_of_many_outputs_ends_the_job(run_cells: RunCells) -> None:
    result = run_cells(
        "from IPython.display import display, update_display\nfor _ in range(320): display(1, display_id='a')\n"
        "update_display('x' * 900_000, display_id='a')",
        "print('never')",
    )
    assert (result.status, result.cells[1].status) == ("output", "not_run")
    assert error_of(result.cells[0]).startswith("OutputLimitExceeded")
    assert len(result.to_json()) < 100_000
