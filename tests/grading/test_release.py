from __future__ import annotations

from pathlib import Path

import nbgrader
import pytest

from grading import notebook
from grading.nbgrader_adapter import AuthorError, release, score
from tests.factories import adding, code_cell, source_notebook, test_cell

FIXTURES = Path(nbgrader.__file__).parent / "tests"


def test_learners_get_neither_solutions_nor_hidden_tests() -> None:
    made = release(notebook.dump(adding()))
    released = notebook.dump(made.released).decode()
    assert "return a + b" not in released
    assert "secret" not in released
    assert "secret" in notebook.dump(made.master).decode()
    assert made.max_points == 10


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("apps/files/test-v0-invalid", "grade_id"),
        ("apps/files/too-new", "too new"),
        ("apps/files/test-no-metadata", "no cell is graded"),
        ("apps/files/test-no-metadata-autotest", "no cell is graded"),
        ("preprocessors/files/duplicate-grade-ids", "Duplicate grade id"),
        ("preprocessors/files/blank-grade-id", "grade_id is empty"),
        ("preprocessors/files/blank-points", "does not have points"),
        ("preprocessors/files/bad-markdown-cell-1", "not marked as a solution"),
        ("preprocessors/files/bad-markdown-cell-2", "grade_id"),
    ],
)
def test_what_nbgrader_does_not_accept_is_refused_with_a_reason(name: str, words: str) -> None:
    with pytest.raises(AuthorError, match=words):
        release((FIXTURES / f"{name}.ipynb").read_bytes())


@pytest.mark.parametrize("name", ["test-v0", "test-v1", "test-v2", "test"])
def test_older_schemas_are_upgraded(name: str) -> None:
    assert release((FIXTURES / f"apps/files/{name}.ipynb").read_bytes()).max_points == 6


def test_a_solution_mark_without_its_end_is_refused() -> None:
    broken = source_notebook(
        code_cell("### BEGIN SOLUTION\nx = 1", "x", solution=True), test_cell("t", "assert x", 1)
    )
    with pytest.raises(AuthorError, match="ClearSolutions"):
        release(notebook.dump(broken))


@pytest.mark.parametrize("printed", ["nan", "inf", "-1", "7"])
def test_a_partial_score_out_of_range_earns_nothing(printed: str) -> None:
    cell = test_cell("t", "whatever", 2)
    cell["outputs"] = [
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "metadata": {},
            "data": {"text/plain": printed},
        }
    ]
    (verdict,) = score(source_notebook(cell))
    assert (verdict.points, verdict.out_of_range) == (0, True)


@pytest.mark.parametrize(("printed", "points"), [("0.5", 0.5), ("2", 2), ("0", 0), ("'fine'", 2)])
def test_partial_credit_is_nbgraders(printed: str, points: float) -> None:
    cell = test_cell("t", "whatever", 2)
    cell["outputs"] = [
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "metadata": {},
            "data": {"text/plain": printed},
        }
    ]
    (verdict,) = score(source_notebook(cell))
    assert (verdict.points, verdict.out_of_range) == (points, False)
