"""Forgeries from inside the learner's process, against tests that run apart from it: none of them earns a point."""

from __future__ import annotations

from typing import Any

import pytest

from grading import modes, notebook, splitting
from grading.judging import Verdict, judge
from grading.nbgrader_adapter import release
from grading.plans import solved
from grading.splitting import Place, Plan
from sandbox import environments
from tests.factories import answered, code_cell, solution, source_notebook, test_cell

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("split-attacks")]
attack = pytest.mark.attack
NAMES = {
    "11": "a syntax tree transformer drops asserts",
    "12": "an input transformer rewrites tests",
    "13": "the shell's way to run cells patched",
    "14": "error messages dropped",
    "15": "a partial score or NaN forged",
    "16": "points over the maximum",
    "17": "an object equal to everything",
    "18": "hidden tests read through the shell",
    "19": "frames and the collector walked",
    "20": "the shell's traceback patched",
    "21": "the process ends itself",
    "22": "exit codes instead of a result",
    "23": "libraries patched",
    "24": "pickled results",
    "27": "an own results file",
    "28": "an inherited descriptor forged",
    "29": "descriptors duplicated and pipes put between",
    "30": "the heap searched for a secret",
    "31": "a thread or exit handler overwrites the result",
}
HIDDEN = "### BEGIN HIDDEN TESTS\nassert square(13) == 169\nassert square(7) == 49\n### END HIDDEN TESTS"
SOURCE = source_notebook(
    code_cell("import random\nimport numpy as np"),
    solution("square", head="def square(x):", body="    return x * x"),
    test_cell("test-square", f"assert square(2) == 4\n{HIDDEN}", 2),
    test_cell("test-random", "n = random.randrange(5, 10**6)\nassert square(n) == n * n", 1),
    test_cell("test-array", "x = np.arange(1.0, 6.0)\ngot = square(x)\nassert (got == x * x).all()", 2),
    test_cell("test-partial", "sum(square(n) == n * n for n in (3, 4)) / 2", 1),
)
LIMITS = {"cell_seconds": 4, "seconds": 20, "memory_mb": 500}


@pytest.fixture(scope="module")
def place() -> Place:
    return Place(str(environments.build("base").path), limits=LIMITS)


@pytest.fixture(scope="module")
def master() -> notebook.Notebook:
    return release(notebook.dump(SOURCE)).master


@pytest.fixture(scope="module")
def plan(place: Place, master: notebook.Notebook) -> Plan:
    plan = splitting.make_plan(master, solved(master, notebook.dump(SOURCE)), place)
    assert (plan.mode, plan.why) == ("split", ())
    return plan


def verdicts(
    answer: str, plan: Plan, master: notebook.Notebook, place: Place
) -> tuple[modes.Graded, list[Verdict]]:
    rebuilt = notebook.rebuild(notebook.parse(answered(SOURCE, square=answer)), master).notebook
    graded = modes.run(rebuilt, plan, place)
    return graded, modes.with_waiting(judge(rebuilt, graded.result), graded.waiting)


WRONG = "\ndef square(x):\n    return 0"
LIAR = """
import gc
learner = next(o for o in gc.get_objects() if type(o).__name__ == "Learner")
def lie(**luggage):
    honest = learner._peer.pack
    learner._peer.pack = lambda encoder, is_answer: {**honest(encoder, is_answer), **luggage}
"""
FORGERIES = {
    "11 an AST transformer drops asserts": (
        "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Drop())" + WRONG
    ),
    "12 an input transformer rewrites tests": (
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['1.0\\n'])" + WRONG
    ),
    "13 the shell's run_cell is patched": (
        "shell = get_ipython()\nold = type(shell).run_cell\n"
        "type(shell).run_cell = lambda self, source, **options: old(self, 'pass', **options)" + WRONG
    ),
    "14 error messages are dropped": (
        "import IPython\nIPython.core.interactiveshell.InteractiveShell.showtraceback = lambda *a, **k: None"
        + WRONG
    ),
    "15 a partial score that is no number": "def square(x):\n    return float('nan')",
    "16 a partial score over the maximum": (
        "class Many(int):\n    def __eq__(self, other): return 1000\n    __hash__ = int.__hash__\n"
        "def square(x):\n    return Many(0)"
    ),
    "17 an object equal to everything": (
        "class Same:\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n"
        "    def all(self): return True\n    def __bool__(self): return True\n    __hash__ = None\n"
        "def square(x):\n    return Same()"
    ),
    "17 a number equal to everything": (
        "class Same(int):\n    def __eq__(self, other): return True\n    __hash__ = int.__hash__\n"
        "def square(x):\n    return Same(0)"
    ),
    "17 an array equal to everything": (
        "import numpy as np\nclass Same(np.ndarray):\n    def __eq__(self, other): return np.array([True])\n"
        "def square(x):\n    return np.zeros(5).view(Same)"
    ),
    "18 hidden tests read through In and hooks": (
        "seen = []\nget_ipython().events.register('pre_run_cell', lambda info: seen.append(info.raw_cell))\n"
        "def square(x):\n    return 169 if any('169' in text for text in [*seen, *In]) else 0"
    ),
    "19 frames and the heap walked": (
        "import gc, sys\ndef square(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        if 'n' in frame.f_locals and frame.f_locals.get('n') == x: return x * x\n"
        "        frame = frame.f_back\n"
        "    found = [o for o in gc.get_objects() if type(o) is str and 'HIDDEN' + ' TESTS' in o]\n"
        "    return 169 if found else 0"
    ),
    "20 set_custom_exc": ("get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)" + WRONG),
    "21 os._exit in a test": "import os\ndef square(x):\n    os._exit(0)",
    "22 sys.exit in a test": "import sys\ndef square(x):\n    sys.exit(0)",
    "23 numpy and random patched": (
        "import builtins, numpy as np, random, time\nrandom.randrange = lambda *a: 0\n"
        "np.arange = lambda *a: np.zeros(5)\n"
        "builtins.sum = lambda *a: 2.0" + WRONG
    ),
    "24 a value that would run code when it is unpickled": (
        "class Evil:\n    def __reduce__(self): return (print, ('forged',))\ndef square(x):\n    return Evil()"
    ),
    "27 a results file of its own": (
        "import json\nopen('report.json', 'w').write(json.dumps({'t': 'end', 'status': 'ok'}))\n"
        "open('numpy.py', 'w').write('print(1)')\nopen('random.py', 'w').write('randrange = lambda *a: 0')"
        + WRONG
    ),
    "28 the report's descriptor forged": (
        'import os\nfor k in range(4):\n    os.write(3, b\'{"t": "cell", "k": %d}\\n{"t": "end", "k": %d, '
        '"status": "ok", "seconds": 0}\\n\' % (k, k))\nos.write(3, b\'{"t": "done"}\\n\')' + WRONG
    ),
    "29 the dialogue's socket replaced": (
        "import os, socket\na, b = socket.socketpair()\nos.dup2(a.fileno(), 4)" + WRONG
    ),
    "30 the process's memory scanned": (
        "import re\ndef square(x):\n    with open('/proc/self/maps') as maps:\n        for line in maps:\n"
        "            if 'heap' not in line: continue\n"
        "            a, b = (int(n, 16) for n in line.split()[0].split('-'))\n"
        "            with open('/proc/self/mem', 'rb') as memory:\n                memory.seek(a)\n"
        "                if b'assert square(1' + b'3)' in memory.read(b - a): return 169\n    return 0"
    ),
    "31 a thread answers for the program": (
        "import json, os, struct, threading\ndef shout():\n"
        "    for r in range(200):\n        text = json.dumps({'r': r, 'v': 169}).encode()\n"
        "        try: os.write(4, struct.pack('!IH', len(text), 0) + text)\n        except OSError: return\n"
        "threading.Thread(target=shout, daemon=True).start()" + WRONG
    ),
    "a lie about names: the tests' own variables and modules": LIAR
    + """
honest = learner._peer.pack
def lying(encoder, is_answer):
    luggage = honest(encoder, is_answer)
    forged = {name: 0 for name in ("np", "random", "n", "x", "got")}
    luggage.setdefault("names", {}).setdefault("set", []).extend([name, value] for name, value in forged.items())
    luggage["names"]["set"] += [[name, encoder.tree(square)] for name in ("sum", "isinstance", "assert_")]
    return luggage
learner._peer.pack = lying
"""
    + WRONG,
    "a lie about files: modules that the tests import": LIAR
    + "lie(files={'numpy.py': {'b': 0}, '../x': {'b': 0}})"
    + WRONG,
    "a lie about output: no list": LIAR + "lie(out=7)" + WRONG,
    "a lie about random states": LIAR + "lie(random={'!': 'dict', 'v': [['random', 1]]})" + WRONG,
    "a lie about mutated arguments": LIAR + "lie(m=[[0, 0]])" + WRONG,
    "an object that pretends to be of a library": (
        "class ndarray:\n    def __eq__(self, other): return True\n    def all(self): return True\n"
        "ndarray.__module__ = 'numpy'\ndef square(x):\n    return ndarray()"
    ),
    "a function of the operating system": "import os\ndef square(x):\n    return os.system",
    "an exception that is no failure": (
        "class Passed(BaseException): pass\ndef square(x):\n    raise Passed"
    ),
}


def _marked(name: str) -> Any:
    """By the number that a name may begin with."""
    known = NAMES.get(name.split(maxsplit=1)[0])
    return pytest.param(name, marks=attack(known)) if known else name


@pytest.mark.parametrize("name", [_marked(name) for name in FORGERIES])
def test_a_forgery_earns_nothing(name: str, plan: Plan, master: notebook.Notebook, place: Place) -> None:
    graded, found = verdicts(FORGERIES[name], plan, master, place)
    assert {verdict.name: verdict.points for verdict in found} == dict.fromkeys(
        ("test-square", "test-random", "test-array", "test-partial"), 0
    ), graded.reasons
    assert graded.mode == "split", graded.reasons


@pytest.mark.parametrize(
    "answer",
    [
        "def square(x):\n    return x * x",
        "square = lambda x: x ** 2",
        "from operator import pow\ndef square(x): return pow(x, 2)",
    ],
)
def test_the_right_answer_earns_everything_with_high_assurance(
    answer: str, plan: Plan, master: notebook.Notebook, place: Place
) -> None:
    graded, found = verdicts(answer, plan, master, place)
    assert [verdict.points for verdict in found] == [2, 1, 2, 1]
    assert graded.is_high


@attack("a table of known inputs")
def test_a_table_of_known_inputs_fails_where_inputs_are_fresh(
    plan: Plan, master: notebook.Notebook, place: Place
) -> None:
    _graded, found = verdicts("square = {2: 4, 13: 169, 7: 49}.get", plan, master, place)
    assert {v.name: v.points for v in found}["test-random"] == 0


@attack("inputs of tests mutated")
def test_inputs_that_the_answer_changes_are_no_help(
    plan: Plan, master: notebook.Notebook, place: Place
) -> None:
    zero = "def square(x):\n    if hasattr(x, 'shape'):\n        x[:] = 0\n    return x"
    _graded, found = verdicts(zero, plan, master, place)
    assert [verdict.points for verdict in found] == [0, 0, 0, 0]


def test_what_ends_the_learners_program_is_said(plan: Plan, master: notebook.Notebook, place: Place) -> None:
    graded, found = verdicts(FORGERIES["21 os._exit in a test"], plan, master, place)
    assert "ended" in found[1].message
    assert graded.result.status == "died"
