"""Checked programs: what the real sandboxes say of honest, wrong and hostile ones, and of broken checks."""

from __future__ import annotations

import pytest

from courses.models import Enrollment, UnitCompletion
from grading.models import GradingJob, Submission
from people.models import Notification
from tests.factories import instructor
from tests.grading.checked_exercise import CHECK, SETTINGS, SOLUTION, graded, taken

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]
State = GradingJob.State


@pytest.fixture
def enrolled() -> Enrollment:
    return taken()


def points(submission: Submission) -> dict[str, float | None]:
    return {result.name: result.points for result in submission.job.results.all()}


def reasons(submission: Submission) -> dict[str, str]:
    return {result.name: result.reason for result in submission.job.results.all()}


def test_a_right_program_earns_everything_and_completes_the_unit(enrolled: Enrollment) -> None:
    submission = graded(enrolled, SOLUTION)
    assert (submission.job.state, submission.job.mode) == (State.GRADED, GradingJob.Mode.CHECKED)
    assert points(submission) == {"lists": 3, "nothing": 1}
    assert UnitCompletion.objects.filter(enrollment=enrolled, unit_key="total").exists()


def test_a_wrong_value_is_explained_by_input_output_and_what_was_expected(enrolled: Enrollment) -> None:
    submission = graded(enrolled, "def total(numbers):\n    print('here')\n    return sum(numbers) + 1\n")
    assert points(submission) == {"lists": 0, "nothing": 0}
    failed = submission.job.results.get(name="lists")
    finding = failed.told["finding"]
    assert (failed.reason, failed.output) == ("differs", "here\n")
    assert finding["input"].startswith("total([")
    assert int(finding["output"]) == int(finding["expected"]) + 1
    assert failed.told["hint"] == {"en": "Add them up.", "ko": "더해 보세요."}


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("def total(numbers):\n    return float(sum(numbers))", "type"),
        ("def total(numbers):\n    return True", "type"),
        ("def total(numbers):\n    return float('nan')", "type"),
        (("class Any(int):\n    __eq__ = lambda *a: True\n    __hash__ = int.__hash__\n"
         "def total(numbers):\n    return Any()"), "unsendable"),
        ("def total(numbers):\n    loop = []\n    loop.append(loop)\n    return loop", "unsendable"),
        ("def total(numbers):\n    return 'x' * (70 << 20)", "unsendable"),
        ("def total(numbers):\n    return 1 << 60000", "differs"),
        ("def total(numbers):\n    return lambda: 0", "unsendable"),
        ("def total(numbers):\n    return 1 / 0", "raised"),
        ("def total(numbers):\n    exit(0)", "raised"),
        ("def sum_of(numbers):\n    return 0", "missing"),
        ("def total(numbers:\n    return 0", "load"),
        ("raise ValueError('no')", "load"),
        ("import os\ndef total(numbers):\n    os._exit(0)", "died"),
        ("import os\nos._exit(0)", "died"),
        ("def total(numbers):\n    while True:\n        pass", "timeout"),
        (("import signal, time\ndef total(numbers):\n    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
         "    time.sleep(60)"), "timeout"),
        ("def total(numbers):\n    return len(bytearray(3 << 30))", "memory"),
        ("import os\ndef total(numbers):\n    os.write(4, b'nonsense' * 1000)\n    return 0", "nonsense"),
        ("import os\ndef total(numbers):\n    os.write(4, b'\\0\\0\\0\\2\\0\\0{}')\n    return 0", "nonsense"),
        (("import os, time\ndef total(numbers):\n    os.write(4, b'\\0\\0\\1\\0\\0\\0')\n    while True:\n"
         "        os.write(4, b' ')\n        time.sleep(0.02)"), "timeout"),
        ("import os, time\ndef total(numbers):\n    os.close(4)\n    time.sleep(60)", "died"),
        (("import os\nfor number in (3, 4):\n    os.write(number, b'{\"t\": \"done\"}\\n')\n"
         "def total(numbers):\n    return 0"), "nonsense"),
    ],
)  # fmt: skip
def test_what_a_learner_does_fails_the_case_and_nothing_else(
    enrolled: Enrollment, program: str, reason: str
) -> None:
    submission = graded(enrolled, program)
    assert submission.job.state == State.GRADED, submission.job.failure
    assert reasons(submission)["lists"] == reason
    assert points(submission)["lists"] == 0
    grade = submission.current_grade
    assert grade is not None
    assert (grade.final, grade.max_points) == (0, 4)


def test_the_hidden_case_runs_last_so_that_no_shown_one_tells_its_input(enrolled: Enrollment) -> None:
    spy = "seen = []\ndef total(numbers):\n    seen.append(numbers)\n    raise ValueError(repr(seen))"
    submission = graded(enrolled, spy)
    assert "[[]" not in submission.job.results.get(name="lists").told["finding"]["output"]


NUMBERS = """
from checks import Speed, case

@case("One", points=2, partial=True, repeat=4)
def one(program, random):
    program.call("total", [random.choice([1.0, 2.0]), float("nan")]).is_near(0.0)

@case("Two", points=2)
def two(program, random):
    program.call("total", [0.1, 0.2]).is_near(0.3)
"""


def test_nan_never_passes_and_a_tolerance_does(enrolled: Enrollment) -> None:
    submission = graded(taken_again(NUMBERS), SOLUTION)
    assert (points(submission), reasons(submission)["one"]) == ({"one": 0, "two": 2}, "nan")


def taken_again(check: str) -> Enrollment:
    """The same course, another exercise in it."""
    from courses.models import Course

    Course.objects.filter(slug="programs").update(slug="programs-before")
    return taken(check=check)


PARTIAL = """
from checks import case

@case("Half", points=4, partial=True, repeat=4)
def half(program, random):
    half.count = getattr(half, "count", 0) + 1
    program.call("total", [half.count]).holds("It is even.", lambda value: value % 2 == 0)
"""


def test_partial_credit_is_the_share_of_the_inputs_that_passed() -> None:
    submission = graded(taken(check=PARTIAL), SOLUTION)
    result = submission.job.results.get()
    assert (result.points, result.told["passed"], result.told["repeat"]) == (2, 2, 4)
    assert result.told["finding"]["words"] == {"": "It is even."}


FAST = """
from checks import Speed, case

@case("Fast", points=4, speed=Speed(share=0.5, full=2.0, none=20.0))
def fast(program, random):
    numbers = random.integers(200_000)
    program.call("total", numbers).equals(sum(numbers))
"""


def test_points_for_speed_come_from_the_ratio_to_the_reference() -> None:
    enrolled = taken(check=FAST)
    slow = "import time\ndef total(numbers):\n    time.sleep(5)\n    return sum(numbers)"
    assert points(graded(enrolled, SOLUTION))["fast"] == pytest.approx(4, abs=0.5)
    late = graded(enrolled, slow).job.results.get()
    assert (late.points, late.reason) == (2, "slow")
    assert late.told["speed"]["ratio"] > 20


GULLIBLE = """
from checks import case

def ends(value):
    while value < 0:
        pass
    return True

@case("It ends", points=4, seconds=2)
def it_ends(program, random):
    program.call("total", [1, 2]).holds("It is counted down.", ends)
"""


def test_a_value_that_keeps_a_sound_check_busy_is_wrong_and_not_the_authors_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("grading.checked.CHECK_SECONDS", 1.0)
    enrolled = taken(check=GULLIBLE, settings=SETTINGS + "limits: {seconds: 2}\n")
    submission = graded(enrolled, "def total(numbers):\n    return -1")
    assert (points(submission), reasons(submission)) == ({"it_ends": 0}, {"it_ends": "too_heavy"})
    assert points(graded(enrolled, SOLUTION)) == {"it_ends": 4}


BROKEN = {
    "it does not import": "import nothing_of_the_kind",
    "it has no case": "x = 1",
    "it raises": "from checks import case\n@case('A', points=4)\ndef a(p, r):\n    1 / 0",
    "it returns NaN": "from checks import case\n@case('A', points=4)\ndef a(p, r):\n    return float('nan')",
    "it returns too much": "from checks import case\n@case('A', points=4)\ndef a(p, r):\n    return 1.01",
    "it judges nothing": "from checks import case\n@case('A', points=4)\ndef a(p, r):\n    p.call('total', [])",
    "its points are other ones": CHECK.replace("points=3", "points=2"),
    "it ends itself": "import os\nos._exit(3)",
    "it hangs": "from checks import case\n@case('A', points=4)\ndef a(p, r):\n    while True: pass",
}


@pytest.mark.fault("a check that returns NaN, too much or another's points")
@pytest.mark.parametrize("check", BROKEN.values(), ids=list(BROKEN))
def test_a_broken_check_is_its_authors_fault_and_costs_no_attempt(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grading.checked.CHECK_SECONDS", 1.0)
    settings = "max_attempts: 1\nlimits: {seconds: 2}\n"
    enrolled = taken(check=check, settings=SETTINGS + settings)
    teacher = instructor(enrolled.run)
    for number in (1, 2):  # the one attempt is not used up
        submission = graded(enrolled, SOLUTION)
        assert (submission.number, submission.job.state) == (number, State.FAILED)
        assert submission.job.failure_class == GradingJob.FailureClass.AUTHOR
        assert submission.current_grade is None
    told = Notification.objects.filter(person=teacher, kind="broken")
    assert len(told) == 1  # a message of the same words is sent once
