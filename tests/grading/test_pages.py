from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.test import Client

from courses.models import CourseRun, Enrollment
from grading import queue, work
from grading.models import GradingJob, Submission, TestResult
from grading.services.finishing import finish_job
from grading.services.grades import record_grade
from people.models import Person
from sandbox import environments
from tests.factories import (
    adding,
    affiliate,
    answered,
    code_cell,
    course,
    enrollment,
    instructor,
    person,
    source_notebook,
    submit,
)

pytestmark = pytest.mark.django_db
UNIT = "/courses/adding-up/units/adding/"
RIGHT = "def add(a, b):\n    return a + b"


@pytest.fixture
def run() -> CourseRun:
    return course(adding(max_attempts=3, messages={"test-add-hidden": "Think of negative numbers."}))


@pytest.fixture
def taken(run: CourseRun) -> Enrollment:
    return enrollment(run)


def client_of(who: Person) -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(who.user)
    return client


def fields(**answers: str) -> dict[str, Any]:
    return {"idempotency_key": str(uuid.uuid4())} | {
        f"answer-{name.replace('_', '-')}": text for name, text in answers.items()
    }


def work_off() -> None:
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    finish_job(str(job.pk))


def test_the_notebook_shows_one_text_area_per_answer_and_no_secret(taken: Enrollment) -> None:
    page = client_of(taken.person).get(UNIT).content.decode()
    assert page.count("<textarea") == 2
    assert "one and two make three" in page  # the visible test
    assert "secret" not in page
    assert "return a + b" not in page


@pytest.mark.sandbox
def test_answers_typed_into_the_page_are_graded_and_explained(taken: Enrollment) -> None:
    client = client_of(taken.person)
    answer = client.post(f"{UNIT}submit/", fields(add="def add(a, b):\r\n    return abs(a) + abs(b)", why=""))
    submission = Submission.objects.get()
    assert answer["Location"] == f"/submissions/{submission.pk}/"
    waiting = client.get(answer["Location"]).content.decode()
    assert 'data-state="queued"' in waiting
    work_off()
    page = client.get(answer["Location"]).content.decode()
    assert 'data-state="graded"' in page
    assert 'data-score="2' in page
    assert "Think of negative numbers." in page
    assert "secret" not in page


@pytest.mark.sandbox
def test_a_by_hand_answer_that_prints_a_number_waits_for_the_instructor() -> None:
    source = source_notebook(
        code_cell(
            "### BEGIN SOLUTION\nlen('abc')\n### END SOLUTION", "plot", grade=True, solution=True, points=5
        )
    )
    taken = enrollment(course(source, slug="by-hand"))
    submit(taken, answered(source, plot="len('x' * 150)"))
    work_off()
    result = TestResult.objects.get(name="plot")
    assert (result.points, result.reason) == (None, "")


def test_the_same_click_twice_is_one_submission(taken: Enrollment) -> None:
    client, form = client_of(taken.person), fields(add=RIGHT)
    places = {client.post(f"{UNIT}submit/", form)["Location"] for _ in range(2)}
    assert len(places) == 1
    assert Submission.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "breaks off"),
        (b"PK\x03\x04", "zip archive"),
        (b"[" * 100_000, "nested too deeply"),
        (b"", "not a Jupyter notebook"),
    ],
)
def test_a_bad_file_gets_a_sentence_and_keeps_what_was_typed(
    taken: Enrollment, data: bytes, words: str
) -> None:
    form = fields(add="my = 'work so far'") | {"notebook": SimpleUploadedFile("x.ipynb", data)}
    answer = client_of(taken.person).post(f"{UNIT}submit/", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "work so far" in page
    assert not Submission.objects.exists()


@pytest.mark.fault("a notebook of 100 MB")
def test_a_hundred_megabytes_are_refused_before_they_are_parsed(taken: Enrollment) -> None:
    huge = SimpleUploadedFile("x.ipynb", b" " * (13 * 2**20))
    answer = client_of(taken.person).post(f"{UNIT}submit/", fields() | {"notebook": huge})
    assert answer.status_code == 413
    assert "10 MB" in answer.content.decode()


def test_the_fourth_of_three_attempts_is_refused(taken: Enrollment) -> None:
    client = client_of(taken.person)
    for _ in range(3):
        client.post(f"{UNIT}submit/", fields(add=RIGHT))
    answer = client.post(f"{UNIT}submit/", fields(add=RIGHT))
    assert answer.status_code == 422
    assert "All attempts" in answer.content.decode()
    assert Submission.objects.count() == 3


def test_downloads_are_the_released_and_the_submitted_file(taken: Enrollment) -> None:
    client = client_of(taken.person)
    released = client.get(f"{UNIT}notebook.ipynb")
    assert b"secret" not in released.content
    submission = submit(taken, answered(adding(), add=RIGHT))
    assert b"return a + b" in client.get(f"/submissions/{submission.pk}/notebook.ipynb").content


def test_learners_see_only_their_own(run: CourseRun, taken: Enrollment) -> None:
    submission = submit(taken, answered(adding()))
    other = client_of(enrollment(run).person)
    outsider = client_of(person(at=affiliate("chemical")))
    for path in ("", "state/", "notebook.ipynb"):
        assert other.get(f"/submissions/{submission.pk}/{path}").status_code == 404
        assert outsider.get(f"/submissions/{submission.pk}/{path}").status_code == 404
    assert outsider.get(UNIT).status_code == 404
    assert other.get(f"/runs/{run.pk}/grades/").status_code == 404


def test_only_full_points_lead_on(taken: Enrollment) -> None:
    """A grade that is not there yet is no full one."""
    submission = submit(taken, answered(adding()))
    client = client_of(taken.person)

    def way() -> str:
        return client.get(f"/submissions/{submission.pk}/").content.decode()

    assert "Back to the exercise" in way()
    GradingJob.objects.filter(pk=submission.job.pk).update(state="failed")
    assert "Try again" in way()
    GradingJob.objects.filter(pk=submission.job.pk).update(state="graded", raw_result={})
    TestResult.objects.create(job=submission.job, position=1, name="test-add", points=1, max_points=1)
    record_grade(submission, by=None)
    assert "Go on" in way()


def test_a_job_that_failed_by_our_fault_says_so(taken: Enrollment) -> None:
    submission = submit(taken, answered(adding()))
    for _ in range(queue.MAX_FAULTS):
        job = queue.claim("cpu")
        assert job is not None
        queue.count_fault(job, failure="broken")
        GradingJob.objects.filter(pk=job.pk).update(claimable_at=Now())
    page = client_of(taken.person).get(f"/submissions/{submission.pk}/").content.decode()
    assert 'data-state="failed"' in page
    assert "no attempt was used" in page.lower()


def test_a_job_that_nobody_can_run_safely_says_that_it_waits(taken: Enrollment) -> None:
    submission = submit(taken, answered(adding()))
    job = queue.claim("cpu")
    assert job is not None
    queue.give_back(job, why="No bubblewrap was found.")
    page = client_of(taken.person).get(f"/submissions/{submission.pk}/").content.decode()
    assert "Grading is paused." in page
    assert 'data-state="queued"' in page


def test_a_job_without_its_environment_names_the_command_that_builds_it(
    taken: Enrollment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = submit(taken, answered(adding()))
    monkeypatch.setattr(environments, "BUILT", tmp_path)
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    page = client_of(taken.person).get(f"/submissions/{submission.pk}/").content.decode()
    assert "The environment <b>base</b> is not built" in page
    assert "<code>python -m sandbox build base</code>" in page
    assert 'data-state="queued"' in page


@pytest.fixture
def essay(taken: Enrollment) -> TestResult:
    submission = submit(taken, answered(adding(), add=RIGHT, why="Because *I* say so."))
    work_off()
    return TestResult.objects.get(job__submission=submission, name="why")


@pytest.mark.sandbox
def test_an_instructor_gives_points_and_the_learner_sees_them(
    run: CourseRun, taken: Enrollment, essay: TestResult
) -> None:
    desk = client_of(instructor(run))
    table = desk.get(f"/runs/{run.pk}/grades/").content.decode()
    assert f"/results/{essay.pk}/grade/" in table
    form = desk.get(f"/results/{essay.pk}/grade/").content.decode()
    assert "Because <em>I</em> say so." in form
    answer = desk.post(f"/results/{essay.pk}/grade/", {"points": "4.5", "comment": "Well argued."})
    assert answer["Location"] == f"/runs/{run.pk}/grades/"
    page = client_of(taken.person).get(f"/submissions/{essay.job.submission_id}/").content.decode()
    assert "Well argued." in page
    assert 'data-score="9.5"' in page


@pytest.mark.sandbox
@pytest.mark.parametrize("points", ["", "six", "6", "-1", "nan"])
def test_impossible_points_are_refused_with_a_sentence(
    run: CourseRun, essay: TestResult, points: str
) -> None:
    answer = client_of(instructor(run)).post(
        f"/results/{essay.pk}/grade/", {"points": points, "comment": "kept"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert "kept" in page
    essay.refresh_from_db()
    assert essay.points is None


@pytest.mark.sandbox
def test_nobody_else_gives_points(run: CourseRun, taken: Enrollment, essay: TestResult) -> None:
    other_course = course(slug="another")
    for who in (taken.person, person(), instructor(other_course)):
        assert client_of(who).get(f"/results/{essay.pk}/grade/").status_code == 404
        assert client_of(who).post(f"/results/{essay.pk}/grade/", {"points": "5"}).status_code == 404
    essay.refresh_from_db()
    assert essay.points is None


@pytest.mark.sandbox
def test_the_home_page_shows_percent_and_grade(run: CourseRun, taken: Enrollment) -> None:
    client = client_of(taken.person)
    client.post("/courses/adding-up/units/lesson-1/complete/")
    client.post(f"{UNIT}submit/", fields(add=RIGHT))
    work_off()
    page = client.get("/").content.decode()
    assert 'data-percent="50"' in page
    assert "5 / 10" in page
    assert GradingJob.objects.get().state == GradingJob.State.GRADED


@pytest.mark.parametrize("learners", [1, 3])
def test_the_table_asks_the_database_no_more_for_more_learners(
    run: CourseRun, learners: int, django_assert_num_queries: Any
) -> None:
    for _ in range(learners):
        submit(enrollment(run), answered(adding()))
    client = client_of(instructor(run))
    with django_assert_num_queries(7):
        client.get(f"/runs/{run.pk}/grades/")


@pytest.mark.sandbox
def test_a_learner_reads_their_own_errors_and_prints(taken: Enrollment) -> None:
    client = client_of(taken.person)
    client.post(f"{UNIT}submit/", fields(add="print('so far so good')\ndef add(a, b)\n    return a + b"))
    work_off()
    page = client.get(f"/submissions/{Submission.objects.get().pk}/").content.decode()
    assert "SyntaxError" in page
    client.post(f"{UNIT}submit/", fields(add="print('so far so good')\nx = tabel"))
    work_off()
    page = client.get(f"/submissions/{Submission.objects.get(number=2).pk}/").content.decode()
    assert "Line 2: NameError: name &#x27;tabel&#x27; is not defined" in page
    assert "so far so good" in page


@pytest.mark.sandbox
def test_the_best_attempt_is_what_the_table_and_home_show(run: CourseRun, taken: Enrollment) -> None:
    client = client_of(taken.person)
    for answer in (RIGHT, "def add(a, b):\n    return 0"):
        client.post(f"{UNIT}submit/", fields(add=answer))
        work_off()
    assert "5 / 10" in client.get("/").content.decode()
    assert "5 / 10" in client_of(instructor(run)).get(f"/runs/{run.pk}/grades/").content.decode()
