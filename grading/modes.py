"""Runs a rebuilt notebook in the mode that its plan, or its author, asks for, and says what the result is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sandbox
from grading import canaries
from grading.judging import Verdict
from grading.notebook import Notebook, grade_id
from grading.splitting import Mode, Place, Plan, Reason, code_cells, is_test, run_split
from sandbox import Job, Limits, Result


@dataclass(frozen=True)
class Graded:
    """A raw result, the mode it came from, and why it is trusted less. `waiting` names the tests that a person must
    judge: they cannot be run apart from the learner's code, and the author wants nothing else.
    """

    result: Result
    mode: Mode
    reasons: tuple[Reason, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def is_high(self) -> bool:
        return self.mode == "split" and not self.reasons

    @property
    def why(self) -> list[dict[str, Any]]:
        return [asdict(reason) for reason in self.reasons]


def run(notebook: Notebook, plan: Plan, place: Place, *, wish: str = "") -> Graded:
    """`wish` is the author's: "split", "same_process" or "" for whatever the plan says.

    A value that cannot cross never costs points: the notebook then runs in one process, or waits for a person
    where the author wants split. Raises SandboxUnavailable and SandboxFault.
    """
    reasons = plan.why
    if wish != "same_process" and (plan.mode == "split" or wish == "split"):
        outcome = run_split(notebook, plan, place)
        if wish == "split":
            open_reasons = (*plan.why, *outcome.cannot)
            waiting = _waiting(notebook, open_reasons)
            return Graded(outcome.result, "split", (*open_reasons, *outcome.low), waiting)
        if not outcome.cannot:
            return Graded(outcome.result, "split", outcome.low)
        reasons = outcome.cannot
    elif wish == "same_process":
        reasons = (Reason("wished"),)
    return Graded(_run_in_one(notebook, place), "same_process", reasons)


def with_waiting(verdicts: Sequence[Verdict], waiting: Sequence[str]) -> list[Verdict]:
    """The verdicts, but those that a person must give."""
    return [
        replace(verdict, points=None, by_hand=True, reason="cannot_cross", message="", output="")
        if verdict.name in waiting
        else verdict
        for verdict in verdicts
    ]


def _waiting(notebook: Notebook, reasons: Sequence[Reason]) -> tuple[str, ...]:
    tests = [grade_id(cell) for cell in code_cells(notebook) if is_test(cell)]
    named = {reason.cell for reason in reasons}
    return tuple(name for name in tests if name in named or not named <= set(tests))


def _run_in_one(notebook: Notebook, place: Place) -> Result:
    watched = canaries.watched(notebook)
    own = {position: number for number, position in enumerate(watched.places)}

    def hear(event: dict[str, Any]) -> None:
        if place.on_event is None:
            return
        if "index" not in event:
            place.on_event(event)
        elif event["index"] in own:
            facts = {"of": len(own)} if "of" in event else {}
            place.on_event({**event, "index": own[event["index"]], **facts})

    job = Job(
        place.environment,
        watched.cells,
        simulator=place.simulator,
        limits=Limits(**place.limits),
        settings={"unlisted": watched.unlisted},
    )
    return canaries.judged(watched, sandbox.run(job, on_event=hear))
