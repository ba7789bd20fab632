"""Grades a submission as a worker does, from the learner's file to points, with no database."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from grading import modes, notebook
from grading.judging import judge
from grading.nbgrader_adapter import release
from grading.plans import solved
from grading.splitting import Mode, Place, Plan, make_plan
from sandbox import environments
from tests.factories import answered, code_cell, solution, source_notebook, test_cell

WRONG = "def add(a, b):\n    return 0"
RIGHT = "def add(a, b):\n    return a + b"
LIMITS = {"seconds": 30, "cell_seconds": 10, "memory_mb": 600}


def source() -> notebook.Notebook:
    """A question with a test of 2 points and a hidden one of 3."""
    hidden = "### BEGIN HIDDEN TESTS\nassert add(-41, 83) == 42\n### END HIDDEN TESTS"
    return source_notebook(
        code_cell("import math"),
        solution("add"),
        test_cell("test-add", "assert add(1, 2) == 3", 2),
        test_cell("test-add-hidden", hidden, 3),
    )


def handed_in(answer: str) -> notebook.Notebook:
    """What a learner who wrote `answer` sends."""
    return notebook.parse(answered(source(), add=answer))


@cache
def plan_of(data: bytes) -> Plan:
    """Where each cell of this source runs."""
    master = release(data).master
    plan = make_plan(master, solved(master, data), place())
    assert plan.mode == "split", plan.why
    return plan


def place() -> Place:
    return Place(str(environments.find("base").path), limits=LIMITS)


def points(submitted: notebook.Notebook, mode: Mode = "split") -> dict[str, float | None]:
    """Points by test, after the whole way: file, MASTER, sandbox, judge."""
    data = notebook.dump(source())
    rebuilt = notebook.rebuild(notebook.parse(notebook.dump(submitted)), release(data).master).notebook
    graded = modes.run(rebuilt, plan_of(data), place(), wish="same_process" if mode == "same_process" else "")
    assert graded.mode == mode
    return {verdict.name: verdict.points for verdict in judge(rebuilt, graded.result)}


def cell_of(submitted: notebook.Notebook, name: str) -> notebook.Cell:
    return next(cell for cell in submitted["cells"] if notebook.grade_id(cell) == name)


def total(of: dict[str, float | None]) -> float:
    return sum(filter(None, of.values()))


def nothing(earned: Iterable[float | None]) -> bool:
    return not any(earned)
