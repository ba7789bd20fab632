"""A checked program's way through the sandbox: two that talk, and what the check said as verdicts.

The learner's files are in one sandbox, `check.py` and the reference solution in the other. Where points for
speed are at stake the reference runs in a third one like the learner's, on the same inputs, with the same
check holding the clock.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any

import sandbox
from grading.bundles import Bundle
from grading.models import Exercise, Submission
from records import artifacts
from sandbox import Limits, Result

# What comes out of the check's sandbox, as an output of its one cell.
MIME = "application/vnd.maru.check+json"
# The check's own work, beyond what it gives the learner's program.
CHECK_SECONDS = 30.0
CHECK_MEMORY_MB = 1024
_MAX_FAILURE = 3500

Listener = Callable[[dict[str, Any]], None]


class AuthorFault(Exception):
    """`check.py` is broken, and says nothing about any learner's program; the message is for instructors."""


class _Stopped(AuthorFault):
    """The check did not come to its end, with whatever it had said until then."""

    def __init__(self, checker: Result, plan: list[dict[str, Any]]) -> None:
        super().__init__(f"check.py did not come to its end. {checker.detail}")
        self.plan = plan


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One case's outcome: the fields of `models.TestResult`."""

    name: str
    points: float
    max_points: float
    hidden: bool
    reason: str
    message: str = ""
    output: str
    told: dict[str, Any]


def run(submission: Submission, environment: str, *, on_event: Listener) -> dict[str, Any]:
    """The raw result of a submission, with the secret seed of its inputs. Raises AuthorFault and SandboxFault."""
    exercise = submission.exercise
    program = Bundle.load(artifacts.read(submission.artifact_sha256))
    seed = secrets.token_hex(16)
    learner, checker = _pair(exercise, program, environment, seed, on_event)
    try:
        cases = _cases(learner, checker)
    except _Stopped as stopped:
        # A value can keep a check busy that is in order: the reference tells whose fault it is.
        solution = Bundle.load(artifacts.read(exercise.source_sha256))
        _cases(*_pair(exercise, solution, environment, seed, on_event))
        cases = [{**case, "finding": {"reason": "too_heavy"}} for case in stopped.plan]
    raw = {"seed": seed, "learner": _kept(learner), "cases": cases, "reference": []}
    timed = [case["name"] for case in cases if case["speed"] and case["score"] == 1]
    if timed:
        solution = Bundle.load(artifacts.read(exercise.source_sha256))
        pair = _pair(exercise, solution, environment, seed, on_event, only=timed)
        raw["reference"] = _cases(*pair)
    return raw


def _pair(
    exercise: Exercise,
    program: Bundle,
    environment: str,
    seed: str,
    on_event: Listener,
    *,
    only: list[str] | None = None,
) -> tuple[Result, Result]:
    limits = Limits(**exercise.limits)
    # The check holds the clock: it gives each call its time, and all of them `limits.seconds`.
    seconds = limits.seconds + CHECK_SECONDS
    learner = sandbox.Job(
        environment,
        ("",),
        files=_encoded(program.files),
        limits=replace(limits, seconds=seconds, cell_seconds=seconds),
        program="served",
        settings={"entry": PurePosixPath(program.entry).stem},
    )
    check = Bundle.load(artifacts.read(exercise.master_sha256))
    checker = sandbox.Job(
        environment,
        ("",),
        files=_encoded(_for_check(exercise, check)),
        limits=Limits(
            seconds=seconds, cell_seconds=seconds, memory_mb=max(CHECK_MEMORY_MB, limits.memory_mb)
        ),
        program="checked",
        settings={
            "check": check.entry,
            "seed": seed,
            "points": exercise.max_points,
            "seconds": limits.seconds,
            "only": only or [],
        },
    )
    return sandbox.run_pair(learner, checker, on_event=on_event)


def _for_check(exercise: Exercise, check: Bundle) -> dict[str, str]:
    """`check.py`, and the reference as the module `solution`, or as modules of a package of that name."""
    solution = Bundle.load(artifacts.read(exercise.source_sha256))
    if len(solution.files) == 1:
        return {**check.files, "solution.py": solution.files[solution.entry]}
    return {**check.files, **{f"solution/{name}": text for name, text in solution.files.items()}}


def _encoded(files: Mapping[str, str]) -> dict[str, str]:
    return {name: base64.b64encode(text.encode()).decode() for name, text in files.items()}


def _kept(learner: Result) -> dict[str, Any]:
    """What is kept of the learner's sandbox; what the program printed is kept with its cases."""
    facts = asdict(replace(learner, cells=()))
    return {name: facts[name] for name in ("status", "seconds", "peak_memory_mb", "detail")}


def _cases(learner: Result, checker: Result) -> list[dict[str, Any]]:
    """What the check said of each case; one that it could not come to failed with the learner's program.

    Raises AuthorFault where the check is to blame, SandboxFault where it was killed by the machine.
    """
    said = list(_messages(checker))
    faults = [message["text"] for message in said if message.get("kind") == "fault"]
    if faults:
        raise AuthorFault(str(faults[0])[-_MAX_FAILURE:])
    plan = next((message["cases"] for message in said if message.get("kind") == "plan"), None)
    done = {message["case"]["name"]: message["case"] for message in said if message.get("kind") == "case"}
    left_alone = checker.status == "died" and learner.status != "done"
    if plan is None or not (checker.status == "done" or left_alone):
        _blame(checker, plan or [])
    ended = _ENDS.get(learner.status, "not_run")
    return [done.get(case["name"]) or {**case, "finding": {"reason": ended}} for case in plan or ()]


# What the first case that could not be finished is told, by how the learner's sandbox ended.
_ENDS = {"timeout": "timeout", "memory": "memory", "output": "flood", "died": "died"}


def _blame(checker: Result, plan: list[dict[str, Any]]) -> None:
    if "SIGKILL" in checker.detail:  # nobody in there sends that
        raise sandbox.SandboxFault(f"The check was killed: {checker.detail}")
    raise _Stopped(checker, plan)


def _messages(checker: Result) -> Iterator[dict[str, Any]]:
    for cell in checker.cells:
        for output in cell.outputs:
            message = (
                output.get("data", {}).get(MIME) if output.get("output_type") == "display_data" else None
            )
            if isinstance(message, dict):
                yield message


def verdicts(raw: Mapping[str, Any]) -> list[Verdict]:
    """One per case, in the check's order."""
    reference = {case["name"]: case["seconds"] for case in raw["reference"]}
    return [_verdict(case, reference.get(case["name"]), raw["learner"]) for case in raw["cases"]]


def _verdict(case: Mapping[str, Any], reference: float | None, learner: Mapping[str, Any]) -> Verdict:
    finding = case.get("finding") or {}
    speed = _speed(case, reference)
    points = case["points"] * case["score"]
    if speed is not None:
        points *= 1 - speed["share"] * (1 - speed["earned"])
    told = {key: case[key] for key in ("title", "hint", "passed", "repeat", "seconds")}
    return Verdict(
        name=case["name"],
        points=min(max(points, 0.0), case["points"]),
        max_points=case["points"],
        hidden=case["hidden"],
        reason=finding.get("reason", "") or ("slow" if speed and speed["earned"] < 1 else ""),
        output=finding.get("stdout", ""),
        told={**told, "finding": finding, "speed": speed, "memory_mb": learner["peak_memory_mb"]},
    )


def _speed(case: Mapping[str, Any], reference: float | None) -> dict[str, float] | None:
    """How much of the share for speed is earned; none where the program is not right."""
    facts = case["speed"]
    if not facts:
        return None
    if not reference or case["score"] < 1:
        return {**facts, "ratio": 0.0, "earned": 0.0}
    ratio = case["seconds"] / reference
    earned = (facts["none"] - ratio) / (facts["none"] - facts["full"])
    return {**facts, "ratio": round(ratio, 2), "earned": min(max(earned, 0.0), 1.0)}
