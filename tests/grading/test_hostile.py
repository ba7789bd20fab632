"""What learners' code may do: each ends in a sentence and the right points, and the next submission works."""

from __future__ import annotations

import pytest

from courses.models import Enrollment
from grading import notices, queue, work
from grading.models import GradingJob, Submission
from grading.services.finishing import finish_job
from records import live
from tests.factories import (
    adding,
    answered,
    code_cell,
    course,
    enrollment,
    solution,
    source_notebook,
    submit,
    test_cell,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]
RIGHT = "def add(a, b):\n    return a + b"
LIMITS = {"cell_seconds": 2, "seconds": 8, "memory_mb": 400, "output_bytes": 20_000}


def two_questions() -> object:
    """A question, its test (2 points), then another question with its test (3 points)."""
    return source_notebook(
        solution("add"),
        test_cell("test-add", "assert add(1, 2) == 3", 2),
        solution("late", body="    return 1", head="def late():"),
        test_cell("test-late", "assert late() == 1", 3),
        limits=LIMITS,
    )


@pytest.fixture
def taken() -> Enrollment:
    return enrollment(course(two_questions()))  # type: ignore[arg-type]


def grade(taken: Enrollment, **answers: str) -> tuple[Submission, dict[str, float | None], dict[str, str]]:
    """The submission, its points and what the learner reads, by test."""
    submission = submit(taken, answered(two_questions(), **answers))  # type: ignore[arg-type]
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    finish_job(str(job.pk))
    submission = Submission.objects.select_related("job").get(pk=submission.pk)
    assert submission.job.state == GradingJob.State.GRADED, submission.job.failure
    results = list(submission.job.results.all())
    said = {result.name: notices.explain(result) for result in results}
    return submission, {result.name: result.points for result in results}, said


RECOVERABLE = {
    "an endless loop": "while True:\n    pass",
    "endless output": "while True:\n    print('x' * 100)",
    "a memory hog": "def hog():\n    held = []\n    while True:\n        held.append(bytearray(10 ** 7))\nhog()",
    "a loop that swallows interrupts": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
    ),
    "an exception": "1 / 0",
    "sys.exit": "import sys\nsys.exit(0)",
    "a syntax error": "def add(:",
    "input": "input('your name? ')",
    "a deep recursion": "def deep():\n    return deep()\ndeep()",
}


@pytest.mark.fault("an endless loop, a fork bomb, a flood of output")
@pytest.mark.parametrize("name", RECOVERABLE)
def test_one_bad_cell_costs_only_its_own_test(taken: Enrollment, name: str) -> None:
    _submission, points, said = grade(taken, add=RECOVERABLE[name], late="def late():\n    return 1")
    assert points == {"test-add": 0, "test-late": 3}
    assert said["test-add"]
    assert grade(taken, add=RIGHT, late="def late():\n    return 1")[1] == {"test-add": 2, "test-late": 3}


MANY_PROCESSES = """
import os, time
for _ in range(20):
    if not os.fork():
        held = bytearray(10 ** 8)
        held[::4096] = b"x" * len(held[::4096])
        time.sleep(60)
time.sleep(60)
"""
DEADLY = {
    "the process ends": ("import os\nos._exit(0)", "died"),
    "a crash": ("import ctypes\nctypes.string_at(0)", "died"),
    "a kill": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "died"),
    "a loop in C that no interrupt reaches": ("import itertools\nsum(itertools.repeat(0))", "timeout"),
    "memory of many processes": (MANY_PROCESSES, "memory"),
}


@pytest.mark.fault("an exercise uses more memory than it may")
@pytest.mark.attack("the process ends itself")
@pytest.mark.parametrize("name", DEADLY)
def test_what_ends_the_program_keeps_the_points_before_it(taken: Enrollment, name: str) -> None:
    code, status = DEADLY[name]
    submission, points, said = grade(taken, add=RIGHT, late=code)
    assert points == {"test-add": 2, "test-late": 0}
    assert said["test-late"]
    assert (submission.job.raw_result or {})["status"] == status
    assert notices.outcome_sentence(status)
    assert grade(taken, add=RIGHT, late="def late():\n    return 1")[1] == {"test-add": 2, "test-late": 3}


@pytest.mark.fault("an endless loop, a fork bomb, a flood of output")
def test_a_fork_bomb_ends_and_the_next_submission_works(taken: Enrollment) -> None:
    bomb = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    _submission, points, _said = grade(taken, add=RIGHT, late=bomb)
    assert points["test-late"] == 0
    assert grade(taken, add=RIGHT, late="def late():\n    return 1")[1] == {"test-add": 2, "test-late": 3}


def test_a_test_that_warns_earns_nothing_and_says_why(taken: Enrollment) -> None:
    warn = "import warnings\ndef add(a, b):\n    warnings.warn('old habits')\n    return a + b"
    submission, points, said = grade(taken, add=warn, late="def late():\n    return 1")
    assert points == {"test-add": 0, "test-late": 3}
    assert "warning was printed" in said["test-add"]
    assert "old habits" in submission.job.results.get(name="test-add").output


@pytest.mark.attack("hidden tests read through the shell")
def test_hidden_inputs_do_not_leave_through_a_learners_print() -> None:
    taken = enrollment(course(adding()))
    spy = "def add(a, b):\n    print('inputs', a, b)\n    return 99"
    submission = submit(taken, answered(adding(), add=spy))
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    finish_job(str(job.pk))
    hidden = Submission.objects.get(pk=submission.pk).job.results.get(name="test-add-hidden")
    assert (hidden.points, hidden.message, hidden.output) == (0, "", "")
    live_texts = [event["text"] for _id, event in live.latest(queue.topic(job)) if event["type"] == "stream"]
    assert not any("-1" in text for text in live_texts)


def test_a_nul_character_and_broken_unicode_are_stored(taken: Enrollment) -> None:
    odd = "def add(a, b):\n    print('\\x00', '\\ud800', 'fine')\n    return a + b"
    assert grade(taken, add=odd, late="def late():\n    return 1")[1] == {"test-add": 2, "test-late": 3}


def test_the_gpu_simulator_runs_a_kernel() -> None:
    kernel = "@cuda.jit\ndef double(x):\n    i = cuda.grid(1)\n    if i < x.size:\n        x[i] *= 2"
    source = source_notebook(
        code_cell("import numpy as np\nfrom numba import cuda"),
        solution("double", body="    x[0] = 0", head="def double(x):"),
        test_cell(
            "test-double", "x = np.arange(5.0)\ndouble[2, 4](x)\nassert (x == 2 * np.arange(5.0)).all()", 1
        ),
    )
    run = course(source)
    exercise = run.version.units.get(key="adding").exercise
    exercise.simulator = True
    exercise.save(update_fields=["simulator"])
    taken = enrollment(run)
    submission = submit(taken, answered(source, double=kernel))
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    finish_job(str(job.pk))
    assert [r.points for r in Submission.objects.get(pk=submission.pk).job.results.all()] == [1]
