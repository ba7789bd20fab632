"""Runs the cases of a `check.py` one after the other and says what each earned."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sandbox.inside.checks import AuthorError, Case, Failed, Finding, Peer, Program, Random
from sandbox.inside.showing import cut

LONGEST_TRACE = 3000
LONGEST_NAME = 80
MOST_CASES = 200
LONGEST_WORDS = 2000
# Points are floats: sums such as 0.1 + 0.2 miss their value by less than this.
EPSILON = 1e-6
# No further call of the program is answered.
ENDED = {"died", "nonsense", "not_run", "load", "no_time", "timeout"}


def plan(cases: Sequence[Case], points: float, only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Each case as it stands before it is judged, in the author's order; with `only`, those of these names.

    Raises AuthorError where they do not make a check.
    """
    _validate(cases, points)
    return [_told(one) for one in cases if not only or one.name in only]


def judge(
    cases: Sequence[Case], peer: Peer, *, seed: str, only: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """What each case says. Raises AuthorError where the check itself is at fault.

    The hidden ones come last: what a learner's program may tell of a shown case cannot hold their inputs.
    """
    for one in sorted(cases, key=lambda one: one.hidden):
        if not only or one.name in only:
            yield _judge(one, peer, seed)


def guarded(work: Callable[[], Any]) -> Any:
    """`work()`; whatever it raises is an AuthorError that says where."""
    try:
        return work()
    except (AuthorError, Failed):
        raise
    except BaseException as error:
        raise AuthorError(_trace(error)) from error


def _trace(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error))
    return text[-LONGEST_TRACE:]


def _validate(cases: Sequence[Case], points: float) -> None:
    if not cases:
        raise AuthorError("check.py has no case: decorate a function with @case")
    if len(cases) > MOST_CASES:
        raise AuthorError(f"check.py has more than {MOST_CASES} cases")
    names = [one.name for one in cases]
    for one in cases:
        if fault := _fault(one, names):
            raise AuthorError(f"the case {one.name}: {fault}")
    total = math.fsum(one.points for one in cases)
    if abs(total - points) > EPSILON:
        raise AuthorError(f"the cases have {total:g} points in all, exercise.yaml says {points:g}")


def _fault(one: Case, names: Sequence[str]) -> str:
    checks = {
        "another one has the same name": names.count(one.name) > 1,
        f"its name is longer than {LONGEST_NAME}": len(one.name) > LONGEST_NAME,
        "points: a number above 0 is needed": not _is_number(one.points) or one.points <= 0,
        "repeat: a whole number from 1 to 1,000 is needed": type(one.repeat) is not int
        or not 1 <= one.repeat <= 1000,  # noqa: PLR2004
        "seconds: a number above 0 is needed": not _is_number(one.seconds) or one.seconds <= 0,
        "title: words are needed": not _is_text(one.title) or not one.title,
        "hint: words are needed": not _is_text(one.hint),
    }
    return next((sentence for sentence, is_wrong in checks.items() if is_wrong), "")


def _is_number(value: object) -> bool:
    return type(value) in {int, float} and math.isfinite(value)  # type: ignore[arg-type]


def _is_text(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(text, str) for pair in value.items() for text in pair)
    return isinstance(value, str)


def _judge(one: Case, peer: Peer, seed: str) -> dict[str, Any]:
    scores: list[float] = []
    finding: Finding | None = None
    spent = 0.0
    for number in range(one.repeat):
        program = Program(peer, one)
        try:
            scores.append(_score(one, program, Random(f"{seed}:{one.name}:{number}")))
        except Failed as failed:
            scores.append(0.0)
            finding = finding or failed.args[0]
        spent += program.seconds
        if finding is not None and (not one.partial or finding.reason in ENDED):
            break
    whole = finding is None or one.partial
    score = math.fsum(scores) / one.repeat if whole else 0.0
    return {
        **_told(one),
        "score": min(max(score, 0.0), 1.0),
        "passed": sum(value == 1 for value in scores),
        "seconds": spent,
        "finding": _finding(finding),
    }


def _told(one: Case) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": _plain(one.title),
        "points": one.points,
        "score": 0.0,
        "hidden": one.hidden,
        "hint": _plain(one.hint),
        "speed": asdict(one.speed) if one.speed else None,
        "passed": 0,
        "repeat": one.repeat,
        "seconds": 0.0,
        "finding": None,
    }


def _score(one: Case, program: Program, random: Random) -> float:
    """What the function returned, as a score; None is all. Fails closed."""
    returned = guarded(lambda: one.function(program, random))
    if returned is None:
        if not program.judged:
            raise AuthorError(f"the case {one.name} judges nothing: use equals, is_near, holds …")
        return 1.0
    value = (
        returned.item() if type(returned).__module__ == "numpy" and hasattr(returned, "item") else returned
    )
    if not _is_number(value) or not 0 <= value <= 1:
        raise AuthorError(
            f"the case {one.name} returned {cut(repr(returned), 80)}: a score from 0 to 1 is needed"
        )
    return float(value)


def _finding(finding: Finding | None) -> dict[str, Any] | None:
    return None if finding is None else {**asdict(finding), "words": _plain(finding.words)}


def _plain(text: Any) -> dict[str, str]:
    """By language; "" is the course's first one."""
    by_language = text if isinstance(text, Mapping) else {"": text}
    return {str(key): cut(str(words), LONGEST_WORDS) for key, words in by_language.items() if words}
