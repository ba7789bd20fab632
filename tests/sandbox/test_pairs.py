"""The programs "learner" and "checker": what a test can do with code that runs elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import sandbox
from sandbox import CellResult, Job, Limits, Result
from tests.sandbox.conftest import error_of, text_of

NOTES = "application/vnd.maru.split+json"
Check = Callable[..., CellResult]


def pair(
    environment: str, *cells: tuple[str, str], learning: bool = True, **settings: Any
) -> tuple[Result, Result]:
    """Each cell with its side."""
    limits = Limits(seconds=20, cell_seconds=5, memory_mb=600)
    mine = tuple(source for side, source in cells if side != "checker")
    theirs = tuple(source for side, source in cells if side != "learner")
    settings["learning"] = learning
    owned = {"learner": ["f", "A", "g"]}
    sites: dict[int, list[str]] = settings.pop("sites", {})
    steps = [
        {"side": side, "sets": owned.get(side, []), "sites": sites.get(place, [])}
        for place, (side, _source) in enumerate(cells)
    ]
    return sandbox.run_pair(
        Job(environment, mine, limits=limits, program="learner", settings=settings),
        Job(environment, theirs, limits=limits, program="checker", settings={**settings, "steps": steps}),
    )


@pytest.fixture
def check(environment: str) -> Check:
    """The test's result, for an answer; the author's solution is being learned, so objects may stand anywhere."""

    def run(answer: str, test: str, setup: str = "pass", **settings: Any) -> CellResult:
        cells = (("both", setup), ("learner", answer), ("checker", test))
        return pair(environment, *cells, **settings)[1].cells[1]

    return run


PASSES = {
    "calls and values": ("def f(a, *b, c=3): return [a, b, c]", "assert f(1, 2, c={4}) == [1, (2,), {4}]"),
    "attributes and methods": (
        "class A:\n    def __init__(self, x): self.x = x\n    def up(self, by): self.x += by; return self",
        (
            "a = A(1)\nassert a.up(2).x == 3\na.x = 9\nassert a.x == 9\nassert isinstance(a, A)\n"
            "assert not hasattr(a, 'y')\nassert a.up(0) is a\ndel a.x\nassert not hasattr(a, 'x')"
        ),
    ),
    "operators": (
        (
            "class A:\n    def __init__(self, x): self.x = x\n    def __add__(self, o): return A(self.x + o.x)\n"
            "    def __eq__(self, o): return self.x == o.x\n    def __radd__(self, o): return o + self.x\n"
            "    def __len__(self): return self.x\n    def __getitem__(self, i): return self.x * i\n"
            "    def __contains__(self, i): return i == self.x\n    def __repr__(self): return f'A({self.x})'"
        ),
        (
            "assert A(1) + A(2) == A(3)\nassert 5 + A(1) == 6\nassert len(A(4)) == 4\nassert A(3)[2] == 6\n"
            "assert 3 in A(3)\nassert repr(A(1)) == 'A(1)' == str(A(1))"
        ),
    ),
    "iterators": (
        "def f(n):\n    for i in range(n): yield i",
        "assert list(f(3)) == [0, 1, 2]\nassert next(f(1)) == 0\nassert sum(f(4)) == 6",
    ),
    "context managers": (
        "class A:\n    def __enter__(self): return 5\n    def __exit__(self, *details): return True",
        "with A() as a:\n    assert a == 5\nwith A():\n    raise ValueError",
    ),
    "exceptions by type": (
        (
            "class A(ValueError):\n    def __init__(self, code): super().__init__(f'code {code}'); self.code = code\n"
            "def f(): raise KeyError('k')\ndef g(): raise A(7)"
        ),
        (
            "try: f()\nexcept KeyError as e: assert e.args == ('k',)\nelse: assert False\n"
            "try: g()\nexcept A as e: assert (str(e), e.code) == ('code 7', 7)\nelse: assert False\n"
            "try: g()\nexcept ValueError: pass"
        ),
    ),
    "callbacks": (
        "def f(do, xs): return [do(x) for x in xs]\ndef g(thing): return thing.value + thing.get()",
        (
            "class Box:\n    value = 3\n    def get(self): return 4\nassert f(lambda x: x * 2, [1, 2]) == [2, 4]\n"
            "assert g(Box()) == 7\nseen = []\nf(seen.append, [1, 2])\nassert seen == [1, 2]"
        ),
    ),
    "mutated arguments": (
        "def f(rows, facts):\n    rows[0].append(1); facts['n'] = len(rows); return rows",
        (
            "inner = [0]\nrows, facts = [inner], {}\nassert f(rows, facts) is rows\n"
            "assert inner == [0, 1] and facts == {'n': 1}"
        ),
    ),
    "random states": (
        "import random\ndef f(): return random.random()",
        (
            "import random\nrandom.seed(3)\na = [f(), random.random(), f()]\nrandom.seed(3)\n"
            "assert a == [random.random() for _ in range(3)]"
        ),
    ),
    "files": (
        "def f(name):\n    text = open(name).read()\n    open('out.txt', 'w').write(text.upper())",
        "open('in.txt', 'w').write('abc')\nf('in.txt')\nassert open('out.txt').read() == 'ABC'",
    ),
    "variables that the answer changes": (
        "g = 0\ndef f():\n    global g\n    g += 1",
        "assert g == 0\nf(); f()\nassert g == 2",
    ),
    "a function that is deleted and put back": (
        "def g(n): return n + 1\ndef f(n): return g(n)",
        "old = g\ndel g\ntry: f(1)\nexcept NameError: pass\nelse: assert False\nfinally: g = old\nassert f(1) == 2",
    ),
    "a function that the test replaces": (
        "def g(n): return n + 1\ndef f(n): return g(n)",
        (
            "old, calls = g, []\n"
            "def g(n):\n    calls.append(n)\n    return 10\nassert f(1) == 10 and calls == [1]\ng = old"
        ),
    ),
    "a patched print": (
        "def f(): print('hello', 3)",
        (
            "import builtins\nsaid = []\nold, builtins.print = print, lambda *a, **k: said.append(a)\nf()\n"
            "builtins.print = old\nassert said == [('hello', 3)]"
        ),
    ),
    "captured output": (
        "def f(): print('hello')",
        (
            "import contextlib, io\n"
            "with contextlib.redirect_stdout(io.StringIO()) as out: f()\nassert out.getvalue() == 'hello\\n'"
        ),
    ),
    "types of libraries": (
        "import fractions, logging\ng = logging.getLogger('x')\nf = fractions.Fraction",
        "import logging\nassert isinstance(g, logging.Logger)\nassert f(1, 2) * 2 == 1\nassert g.name == 'x'",
    ),
}


@pytest.mark.parametrize("name", PASSES)
def test_a_test_sees_what_it_would_see_in_one_process(check: Check, name: str) -> None:
    answer, test = PASSES[name]
    cell = check(answer, test, reads=["g"])
    assert cell.status == "ok", error_of(cell)


def test_arrays_are_changed_in_place(check: Check) -> None:
    cell = check(
        "def f(a, t):\n    a *= 2\n    t['new'] = 1\n    t.drop(columns='old', inplace=True)",
        "a, t = np.arange(3), pd.DataFrame({'old': [1]})\nview = a[1:]\nf(a, t)\n"
        "assert a.tolist() == [0, 2, 4] and view.tolist() == [2, 4]\nassert list(t.columns) == ['new']",
        "import numpy as np\nimport pandas as pd",
    )
    assert cell.status == "ok", error_of(cell)


def test_output_of_the_answer_belongs_to_the_test(check: Check) -> None:
    cell = check(
        "import os, sys\ndef f():\n    print('a')\n    print('b', file=sys.stderr)\n    os.write(2, b'c')",
        "f()",
    )
    assert (text_of(cell), text_of(cell, "stderr")) == ("a\n", "b\nc")


def test_a_guest_sees_nothing_of_the_tests(check: Check) -> None:
    peek = (
        "def f(do, gen):\n    found = []\n    for thing, names in ((do, ('__globals__', '__code__', 'x')), "
        "(gen, ('gi_frame', '__class__'))):\n        for name in names:\n"
        "            try: found.append(object.__getattribute__(thing, '_remote').asker.attribute(thing, name))\n"
        "            except AttributeError: pass\n    return len(found)"
    )
    cell = check(peek, "secret = 42\ndef do(): return 1\nassert f(do, (i for i in [1])) == 0")
    assert cell.status == "ok", error_of(cell)


def test_a_value_that_cannot_cross_is_said_and_no_test_can_hide_it(check: Check) -> None:
    cell = check(
        "def f():\n    a = []\n    a.append(a)\n    return a", "try: f()\nexcept BaseException: pass"
    )
    assert error_of(cell).startswith("CannotCross")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("import os\ndef f(): os._exit(0)", "ended itself"),
        ("import os\ndef f(): os.write(4, b'x' * 100)", "nonsense"),
        ("import itertools\ndef f(): sum(itertools.repeat(0))", ""),
    ],
)
def test_a_learners_program_that_dies_lies_or_hangs_fails_this_test_and_the_next(
    environment: str, answer: str, words: str
) -> None:
    tests = [("checker", "try: f()\nexcept Exception: pass"), ("checker", "print('Success!')")]
    _learner, checker = pair(environment, ("learner", answer), *tests)
    assert all(cell.status in {"error", "timeout", "not_run"} for cell in checker.cells)
    assert words in error_of(checker.cells[0])


def test_an_endless_answer_takes_its_time_limit_and_the_next_test_runs(environment: str) -> None:
    tests = [("checker", "f()"), ("checker", "assert g() == 1")]
    answer = "def f():\n    while True: pass\ndef g(): return 1"
    _learner, checker = pair(environment, ("learner", answer), *tests)
    assert [cell.status for cell in checker.cells] == ["timeout", "ok"]


def test_objects_stand_only_where_the_authors_did(environment: str) -> None:
    answer = "class A:\n    x = 3\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(): return A()"
    cells = (("learner", answer), ("checker", "assert f() == 3"), ("checker", "assert f()"))
    _learner, checker = pair(environment, *cells, learning=False)
    assert [error_of(cell).split(":")[0] for cell in checker.cells] == ["WrongType", "WrongType"]
    notes = checker.cells[0].outputs[-1]["data"][NOTES]
    assert "own type A" in notes["refused"][0]


def test_a_subclass_of_a_value_is_taken_for_its_value(environment: str) -> None:
    answer = "import collections\nA = collections.namedtuple('A', 'x y')\ndef f(): return A(1, 2)\ndef g(): return A"
    cells = (("learner", answer), ("checker", "assert f() == (1, 2)\nassert type(f()) is tuple"))
    _learner, checker = pair(environment, *cells, learning=False)
    assert checker.cells[0].status == "ok", error_of(checker.cells[0])


def test_an_object_that_was_welcome_in_one_test_is_a_wrong_type_in_the_next(environment: str) -> None:
    answer = (
        "class Same:\n    def __eq__(self, other): return True\n    def __hash__(self): return 1\n"
        "same = Same()\ndef f(): return same"
    )
    cells = (("learner", answer), ("checker", "assert f() == f()"), ("checker", "assert f() == 3"))
    _learner, checker = pair(environment, *cells, learning=False, sites={1: ["f()"]})
    assert [cell.status for cell in checker.cells] == ["ok", "error"]
    assert error_of(checker.cells[1]).startswith("WrongType")
    assert checker.cells[0].outputs[-1]["data"][NOTES]["decided"] == ["f() eq"]
