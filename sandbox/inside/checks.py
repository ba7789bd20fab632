"""What a `check.py` imports as `checks`: cases that call a learner's program and judge what it returns.

    from checks import Program, Random, case

    @case("Random lists", points=4, repeat=20, hint="What is the mean of an empty list?")
    def random_lists(program: Program, random: Random) -> None:
        numbers = random.floats(random.randint(1, 50))
        program.call("mean", numbers).is_near(sum(numbers) / len(numbers))

It runs in a sandbox of its own: the learner's program is in another one, and only plain values come from
there. `docs/writing-checks.md` explains it to authors.
"""

from __future__ import annotations

import importlib
import random as _random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from sandbox.inside.compare import Difference, Tolerance, difference, kind_of
from sandbox.inside.showing import cut, show, show_call

__all__ = ["Answer", "Program", "Random", "Speed", "Text", "case"]

Text = str | Mapping[str, str]
"""Words for the learner: in the course's first language, or by language: {"en": …, "ko": …}."""

SECONDS = 10.0


class AuthorError(Exception):
    """The check itself is wrong: nobody's answer can be judged by it."""


class Failed(BaseException):
    """The learner's answer is wrong. Not an Exception: a check's own `except Exception` lets it pass."""


@dataclass(frozen=True)
class Speed:
    """`share` of a case's points for speed: all at `full` times the reference's time or below, none at `none`."""

    share: float = 0.5
    full: float = 1.5
    none: float = 5.0

    def __post_init__(self) -> None:
        if not (0 < self.share <= 1 and 0 < self.full < self.none):
            raise AuthorError("Speed: 0 < share ≤ 1 and 0 < full < none are needed")


@dataclass(frozen=True)
class Case:
    """A function that judges, and what a learner is told about it; made by `case`."""

    function: Callable[[Program, Random], object]
    title: Text
    points: float
    hint: Text
    hidden: bool
    partial: bool
    repeat: int
    seconds: float
    memory_mb: int | None
    speed: Speed | None

    @property
    def name(self) -> str:
        return self.function.__name__


registered: list[Case] = []

_Function = Callable[["Program", "Random"], object]


def case(
    title: Text,
    *,
    points: float,
    hint: Text = "",
    hidden: bool = False,
    partial: bool = False,
    repeat: int = 1,
    seconds: float = SECONDS,
    memory_mb: int | None = None,
    speed: Speed | None = None,
) -> Callable[[_Function], _Function]:
    """Make a function a case. It is called `repeat` times, each time with its own `random`.

    It passes by returning None, or returns a score from 0 to 1. With `partial` the points are shared out over
    the repetitions; otherwise the first that fails ends the case. A call may take `seconds` and, where it is
    given, `memory_mb`. Of a `hidden` case a learner reads the hint and the points, and nothing else.
    """

    def register(function: _Function) -> _Function:
        registered.append(
            Case(function, title, points, hint, hidden, partial, repeat, seconds, memory_mb, speed)
        )
        return function

    return register


class Random(_random.Random):
    """Python's own generator, freshly and secretly seeded at each grading, with a few shortcuts."""

    def floats(self, count: int, low: float = -100.0, high: float = 100.0) -> list[float]:
        return [self.uniform(low, high) for _ in range(count)]

    def integers(self, count: int, low: int = -100, high: int = 100) -> list[int]:
        return [self.randint(low, high) for _ in range(count)]

    def text(self, count: int, letters: str = "abcdefghijklmnopqrstuvwxyz ") -> str:
        return "".join(self.choices(letters, k=count))

    def numpy(self) -> Any:
        """A `numpy.random.Generator` that follows from the same seed."""
        numpy: Any = importlib.import_module("numpy")
        return numpy.random.default_rng(self.getrandbits(128))


@dataclass(frozen=True)
class Reply:
    """What came back from one call.

    `problem`: "", or one of raised, timeout, memory, missing, unsendable; of the program as a whole: load, died,
    nonsense, not_run, no_time.
    """

    value: Any = None
    problem: str = ""
    error: str = ""  # the exception's class
    words: str = ""
    line: int | None = None
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0


class Peer(Protocol):
    """The dialogue with the sandbox in which the learner's program is."""

    def call(
        self,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        seconds: float,
        memory_mb: int | None,
    ) -> Reply: ...


@dataclass
class Finding:
    """Why a case failed, for the page that explains it."""

    reason: str
    input: str = ""
    output: str = ""
    expected: str = ""
    where: str = ""
    came: str = ""  # what stands at `where`, and
    wanted: str = ""  # what should
    words: Text = ""
    line: int | None = None
    stdout: str = ""
    stderr: str = ""
    seconds: float = 0.0


class Program:
    """The learner's program. It never shares a process with the check."""

    def __init__(self, peer: Peer, checked: Case) -> None:
        self._peer, self._case = peer, checked
        self.seconds = 0.0
        self.calls = 0
        self.judged = 0

    def call(self, name: str, /, *args: Any, **kwargs: Any) -> Answer:
        """Call the function `name` with copies of the arguments.

        `name` is one of the exercise's first file, or "module.name" of another. What goes wrong in the call
        fails the case as soon as the answer is judged or its value is looked at.
        """
        shown = show_call(name, args, kwargs)
        limits = {"seconds": self._case.seconds, "memory_mb": self._case.memory_mb}
        reply = self._peer.call(name, args, kwargs, **limits)  # type: ignore[arg-type]
        self.seconds += reply.seconds
        self.calls += 1
        return Answer(self, shown, reply)


@dataclass
class Answer:
    """What one call returned. Each method below judges it, and ends the case where it is wrong."""

    _program: Program
    _input: str
    _reply: Reply = field(repr=False)

    @property
    def value(self) -> Any:
        """What the call returned: always a plain value, of whatever type. Judge the type before you use it."""
        if self._reply.problem:
            self._fail(self._reply.problem)
        return self._reply.value

    @property
    def stdout(self) -> str:
        return self._reply.stdout

    @property
    def stderr(self) -> str:
        return self._reply.stderr

    @property
    def seconds(self) -> float:
        """How long the call took, by the check's own clock."""
        return self._reply.seconds

    def equals(self, expected: Any) -> Answer:
        """The value has exactly the type and the content of `expected`."""
        return self._compare(expected, Tolerance())

    def is_near(
        self, expected: Any, *, relative: float = 1e-9, absolute: float = 1e-12, nan: bool = False
    ) -> Answer:
        """The numbers are close, wherever in the value they stand; 2 is as good as 2.0.

        NaN never passes but, with `nan`, where NaN was expected.
        """
        return self._compare(expected, Tolerance(relative, absolute, nan, numbers=True))

    def is_a(self, *kinds: type) -> Answer:
        """The value's type is one of `kinds`, exactly: True is no int."""
        if type(self.value) not in kinds:
            wanted = " / ".join(kind.__name__ for kind in kinds)
            self._fail("type", came=kind_of(self.value), wanted=wanted)
        return self._judged()

    def prints(self, expected: str, *, spaces: bool = False, case: bool = True) -> Answer:
        """Standard output is `expected`; without `spaces`, runs of white space count as one."""
        printed = self.stdout if self._reply.problem == "" else self.value
        if _text(printed, spaces=spaces, case=case) != _text(expected, spaces=spaces, case=case):
            self._fail("printed", output=cut(self.stdout), expected=cut(expected))
        return self._judged()

    def raises(self, *errors: type[BaseException]) -> Answer:
        """The call ends with one of these exceptions, by the name of its class."""
        names = [error.__name__ for error in errors]
        if self._reply.problem == "":
            self._fail("no_error", output=show(self._reply.value), expected=" / ".join(names))
        elif self._reply.problem != "raised" or self._reply.error not in names:
            self._fail(self._reply.problem, expected=" / ".join(names))
        return self._judged()

    def holds(self, sentence: Text, condition: Callable[[Any], bool]) -> Answer:
        """`condition(value)` is True; `sentence` says to the learner what should hold."""
        held = condition(self.value)
        if type(held).__name__ not in {"bool", "bool_"}:
            raise AuthorError(f"a condition gives True or False, not {show(held)}")
        if not held:
            self._fail("property", words=sentence, output=show(self.value))
        return self._judged()

    def _compare(self, expected: Any, tolerance: Tolerance) -> Answer:
        value = self.value
        found = _difference(expected, value, tolerance)
        if found is not None:
            self._fail(
                found.reason,
                output=show(value),
                expected=show(expected),
                where=found.where,
                came=cut(found.came),
                wanted=cut(found.expected),
            )
        return self._judged()

    def _judged(self) -> Answer:
        self._program.judged += 1
        return self

    def _fail(self, reason: str, **facts: Any) -> NoReturn:
        reply = self._reply
        if reason in {"raised", "missing", "unsendable", "load"}:
            facts = {
                "output": f"{reply.error}: {reply.words}".removesuffix(": "),
                "line": reply.line,
                **facts,
            }
        shared = {"stdout": cut(reply.stdout), "stderr": cut(reply.stderr), "seconds": reply.seconds}
        raise Failed(Finding(reason, **{"input": self._input, **shared, **facts}))


def _difference(expected: Any, came: Any, tolerance: Tolerance) -> Difference | None:
    """As `compare.difference`; a value that cannot be compared is one of the wrong type."""
    try:
        return difference(expected, came, tolerance)
    except Exception:
        difference(expected, expected, tolerance)  # raises where it is the author's
        return Difference("type", "", kind_of(came), kind_of(expected))


def _text(text: str, *, spaces: bool, case: bool) -> str:
    text = text if spaces else "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    return text if case else text.casefold()
