"""Must-fail and must-show cells around the tests of a notebook that is graded in one process.

Their names and words are drawn anew for each run. Where one does not do what it must, somebody has tampered with
how cells run: the test beside it earns nothing. They catch what is done to all cells alike; code that looks for the
tests' own names is not caught.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from grading.notebook import Notebook, is_graded, is_graded_by_hand
from sandbox import CellResult, Result

BROKEN = "CanaryBroken"
_SENTENCE = "Something in this notebook changes how cells run, so this test says nothing."


@dataclass(frozen=True)
class Watched:
    """The cells to run. `tests` maps the place of a test among the notebook's code cells to the three around it."""

    cells: tuple[str, ...]
    places: tuple[int, ...]  # where the notebook's own cells are among them
    guards: dict[int, tuple[_Guard, ...]]

    @property
    def unlisted(self) -> list[int]:
        """The cells that are not the notebook's own: a test may read the shell's history."""
        return sorted({*range(len(self.cells))} - {*self.places})


@dataclass(frozen=True)
class _Guard:
    place: int
    word: str
    must_fail: bool

    def holds(self, run: CellResult) -> bool:
        """Exactly what it must do, and nothing beside it."""
        kinds = [output["output_type"] for output in run.outputs]
        if self.must_fail:
            told = [(o.get("ename"), o.get("evalue")) for o in run.outputs if o["output_type"] == "error"]
            return run.status == "error" and told == [("AssertionError", self.word)]
        shown = [
            o.get("data", {}).get("text/plain") for o in run.outputs if o["output_type"] == "execute_result"
        ]
        return run.status == "ok" and "error" not in kinds and shown == [repr(self.word)]


def watched(notebook: Notebook) -> Watched:
    cells: list[str] = []
    places: list[int] = []
    guards: dict[int, tuple[_Guard, ...]] = {}
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(code):
        is_test = is_graded(cell) and not is_graded_by_hand(cell)
        mine: list[_Guard] = []
        if is_test:
            mine.append(_add(cells, must_fail=True))
        places.append(len(cells))
        cells.append(cell["source"])
        if is_test:
            mine += [_add(cells, must_fail=True), _add(cells, must_fail=False)]
            guards[number] = tuple(mine)
    return Watched(tuple(cells), tuple(places), guards)


def judged(watched: Watched, result: Result) -> Result:
    """The result of the notebook's own cells, as if no other had run; tests whose canary is broken have failed."""
    cells: list[CellResult] = []
    for number, place in enumerate(watched.places):
        run = replace(result.cells[place], index=number)
        guards: Sequence[_Guard] = watched.guards.get(number, ())
        if run.status == "ok" and not all(guard.holds(result.cells[guard.place]) for guard in guards):
            error = {"output_type": "error", "ename": BROKEN, "evalue": _SENTENCE, "traceback": []}
            run = replace(run, status="error", outputs=(*run.outputs, error), line=None)
        cells.append(run)
    return replace(result, cells=tuple(cells))


def _add(cells: list[str], *, must_fail: bool) -> _Guard:
    name, word = (secrets.token_hex(6) for _ in range(2))
    number = secrets.randbelow(1000)
    guard = _Guard(len(cells), f"{name} {word}", must_fail)
    if must_fail:
        cells.append(f"assert (lambda n_{name}: n_{name} + 1)({number}) == {number}, {guard.word!r}")
    else:
        cells.append(repr(guard.word))
    return guard
