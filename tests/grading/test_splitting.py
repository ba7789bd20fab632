"""Which cell runs where, what that is proven by, and what happens where it does not work."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import Enrollment
from grading import modes, notebook, notices, queue, splitting, work
from grading.judging import judge
from grading.models import Exercise, GradingJob, Submission
from grading.nbgrader_adapter import release
from grading.plans import solved
from grading.services.finishing import finish_job
from grading.splitting import Place, Plan
from sandbox import environments
from tests.factories import (
    answered,
    code_cell,
    course,
    enrollment,
    solution,
    source_notebook,
    submit,
    test_cell,
)

pytestmark = pytest.mark.sandbox
CYCLE = "def add(a, b):\n    a = []\n    a.append(a)\n    return a"


@pytest.fixture(scope="module")
def place() -> Place:
    return Place(
        str(environments.build("base").path), limits={"cell_seconds": 4, "seconds": 20, "memory_mb": 500}
    )


def plan_for(source: notebook.Notebook, place: Place) -> tuple[notebook.Notebook, Plan]:
    data = notebook.dump(source)
    master = release(data).master
    return master, splitting.make_plan(master, solved(master, data), place)


def graded(
    source: notebook.Notebook, place: Place, wish: str = "", **answers: str
) -> tuple[modes.Graded, list[float | None]]:
    master, plan = plan_for(source, place)
    rebuilt = notebook.rebuild(notebook.parse(answered(source, **answers)), master).notebook
    outcome = modes.run(rebuilt, plan, place, wish=wish)
    verdicts = modes.with_waiting(judge(rebuilt, outcome.result), outcome.waiting)
    return outcome, [verdict.points for verdict in verdicts]


def adding(*tests: notebook.Cell, **lms: str) -> notebook.Notebook:
    return source_notebook(solution("add"), test_cell("test-add", "assert add(1, 2) == 3", 2), *tests, **lms)


def test_a_plan_says_who_runs_what_and_survives_being_kept(place: Place) -> None:
    source = source_notebook(
        code_cell("import math\ndef half(n): return n / 2"),
        solution("add"),
        code_cell("total = add(1, 2)"),
        code_cell("def twice(n): return 2 * add(n, 0)"),
        test_cell("test-add", "assert twice(total) == 6 and half(4) == 2", 1),
    )
    _master, plan = plan_for(source, place)
    assert (plan.mode, plan.why) == ("split", ())
    assert [step.side for step in plan.steps] == ["both", "learner", "learner", "both", "checker"]
    assert plan.steps[1].sets == ("add",)
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("test", "code"),
    [
        ("exec(In[-2])\nassert add(1, 1) == 2", "runs_code"),
        ("import inspect\nassert 'return' in inspect.getsource(add)", "differs"),
        ("assert add.__code__.co_argcount == 2", "cannot_cross"),
    ],
)
def test_a_test_that_cannot_run_apart_makes_the_notebook_same_process_and_says_which(
    place: Place, test: str, code: str
) -> None:
    source = adding(test_cell("odd", test, 1))
    outcome, points = graded(source, place, add="def add(a, b):\n    return a + b")
    assert (outcome.mode, points) == ("same_process", [2, 1])
    assert [(reason.code, reason.cell) for reason in outcome.reasons] == [(code, "odd")]


def test_a_value_that_cannot_cross_falls_back_to_one_process(place: Place) -> None:
    outcome, points = graded(adding(test_cell("loop", "assert add(0, 0) is not None", 1)), place, add=CYCLE)
    assert (outcome.mode, points) == ("same_process", [0, 1])
    assert {reason.code for reason in outcome.reasons} == {"cannot_cross"}


def test_a_value_that_cannot_cross_waits_for_a_person_where_the_author_wants_split(place: Place) -> None:
    outcome, points = graded(adding(), place, "split", add=CYCLE)
    assert (outcome.mode, outcome.is_high, points) == ("split", False, [None])
    assert outcome.waiting == ("test-add",)


def test_comparisons_that_the_answer_makes_itself_are_low_assurance(place: Place) -> None:
    body = "class V:\n    def __init__(self, x): self.x = x\n    def __eq__(self, o): return self.x == o.x"
    source = source_notebook(
        code_cell(f"### BEGIN SOLUTION\n{body}\n### END SOLUTION", "v", solution=True),
        test_cell("test-x", "assert V(3).x == 3", 1),
        test_cell("test-eq", "assert V(3) == V(3)", 1),
    )
    outcome, points = graded(source, place, v=body)
    assert (outcome.mode, points) == ("split", [1, 1])
    assert [(reason.code, reason.cell) for reason in outcome.reasons] == [("compared", "test-eq")]


def test_a_warning_of_the_answer_costs_the_test_its_points(place: Place) -> None:
    warn = "import warnings\ndef add(a, b):\n    warnings.warn('old')\n    return a + b"
    outcome, points = graded(adding(), place, add=warn)
    assert (outcome.mode, points) == ("split", [0])


def test_helpers_that_a_learner_adds_are_run(place: Place) -> None:
    source = adding()
    master, plan = plan_for(source, place)
    handed_in = notebook.parse(answered(source, add="def add(a, b):\n    return helper(a, b)"))
    handed_in["cells"].insert(0, code_cell("def helper(a, b): return a + b"))
    rebuilt = notebook.rebuild(handed_in, master).notebook
    outcome = modes.run(rebuilt, plan, place)
    assert [verdict.points for verdict in judge(rebuilt, outcome.result)] == [2]


@pytest.mark.parametrize(
    "forgery",
    [
        (
            "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node): return ast.Pass()\n"
            "get_ipython().ast_transformers.append(Drop())"
        ),
        "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
        (
            "import IPython\nIPython.core.interactiveshell.InteractiveShell.showtraceback = lambda *a, **k: None\n"
            "get_ipython().run_cell_async = None"
        ),
    ],
)
def test_in_one_process_canaries_fail_closed(place: Place, forgery: str) -> None:
    answer = f"{forgery}\ndef add(a, b): return 0"
    outcome, points = graded(adding(), place, "same_process", add=answer)
    assert (outcome.mode, outcome.is_high, points) == ("same_process", False, [0])


def test_canaries_cost_an_honest_answer_nothing(place: Place) -> None:
    partial = test_cell("part", "print('out')\n0.5", 1)
    outcome, points = graded(adding(partial), place, "same_process", add="def add(a, b):\n    return a + b")
    assert points == [2, 0.5]
    assert [cell.index for cell in outcome.result.cells] == [0, 1, 2]


@pytest.fixture
def taken() -> Enrollment:
    return enrollment(course(adding()))


def grade(taken: Enrollment, **answers: str) -> Submission:
    submit(taken, answered(adding(), **answers))
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    finish_job(str(job.pk))
    return Submission.objects.select_related("job").get(pk=job.submission_id)


@pytest.mark.django_db
def test_mode_and_assurance_stand_on_the_job_the_grade_and_the_page(taken: Enrollment) -> None:
    submission = grade(taken, add="def add(a, b):\n    return a + b")
    assert (submission.job.mode, submission.job.assurance, submission.job.why) == ("split", "high", [])
    assert submission.current_grade is not None
    assert (submission.current_grade.mode, submission.current_grade.assurance) == ("split", "high")
    assert Exercise.objects.get().plan["mode"] == "split"
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(taken.person.user)
    page = client.get(reverse("grading:submission", args=[submission.pk])).content.decode()
    assert "apart from your code" in page
    assert "High assurance" in page


@pytest.mark.django_db
def test_a_worker_plans_ahead_when_nobody_waits(taken: Enrollment) -> None:
    exercise = Exercise.objects.get()
    waits = submit(taken, answered(adding(), add=CYCLE))
    work.plan_ahead(str(exercise.pk))
    exercise.refresh_from_db()
    assert exercise.plan == {}
    GradingJob.objects.filter(submission=waits).update(state=GradingJob.State.FAILED)
    work.plan_ahead(str(exercise.pk))
    exercise.refresh_from_db()
    assert exercise.plan["mode"] == "split"


@pytest.mark.django_db
def test_a_fallback_is_low_assurance_and_says_why(taken: Enrollment) -> None:
    submission = grade(taken, add=CYCLE)
    assert (submission.job.mode, submission.job.assurance) == ("same_process", "low")
    said = " ".join(notices.mode_sentences(submission.job))
    assert "test-add" in said
    assert "cyclic" in said


@pytest.mark.django_db
def test_where_the_author_wants_split_the_test_waits_for_the_instructor(taken: Enrollment) -> None:
    Exercise.objects.update(mode=GradingJob.Mode.SPLIT)
    submission = grade(taken, add=CYCLE)
    result = submission.job.results.get()
    assert (result.points, result.by_hand) == (None, True)
    assert "instructor looks" in notices.explain(result)
