"""The pages of a checked program: what a learner types, hands in, and is told."""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from courses.models import CourseRun, Enrollment
from grading import queue
from grading.differences import mark
from grading.models import GradingJob, Submission
from grading.services.finishing import finish_job
from people.models import Notification, Person
from tests.factories import instructor
from tests.grading.checked_exercise import CHECK, SETTINGS, SOLUTION, hand_in, taken

pytestmark = pytest.mark.django_db
UNIT = "/courses/programs/units/total/"
WRONG: dict[str, Any] = {
    "reason": "differs",
    "input": "total([4, 2])",
    "output": "7",
    "expected": "6",
    "where": "",
    "came": "7",
    "wanted": "6",
    "words": {},
    "line": None,
    "stdout": "printed",
    "stderr": "warned",
}


@pytest.fixture
def enrolled() -> Enrollment:
    return taken()


def client_of(who: Person, language: str = "en") -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(who.user)
    return client


def judged(enrolled: Enrollment, *, hidden: dict[str, Any] | None = None) -> Submission:
    """An attempt of which a shown case failed, and a hidden one, as its sandbox said."""
    submission = hand_in(enrolled, SOLUTION)
    job = queue.claim("cpu")
    assert job is not None
    told = {"score": 0.0, "passed": 1, "repeat": 5, "seconds": 0.0123, "speed": None, "finding": WRONG}
    cases = [
        {**told, "name": "lists", "title": {"": "Random lists"}, "points": 3, "hidden": False}
        | {"hint": {"en": "Add them up.", "ko": "더해 보세요."}},
        {**told, "name": "nothing", "title": {"": "Nothing"}, "points": 1, "hidden": True}
        | {"hint": {"": "What is the sum of nothing?"}, "finding": {**WRONG, "input": "total([])", "output": "secret"}},
    ]  # fmt: skip
    learner = {"status": "done", "peak_memory_mb": 31.4}
    raw = {"seed": "s", "learner": learner, "cases": cases, "reference": []}
    assert queue.store_result(job, raw, environment_digest="d")
    finish_job(str(job.pk))
    return Submission.objects.get(pk=submission.pk)


def result_page(submission: Submission, reader: Person, language: str = "en") -> str:
    return client_of(reader, language).get(f"/submissions/{submission.pk}/").content.decode()


def test_the_page_has_a_text_area_per_file_and_keeps_what_was_handed_in(enrolled: Enrollment) -> None:
    client = client_of(enrolled.person)
    page = client.get(UNIT).content.decode()
    assert 'name="file-program.py"' in page
    assert "raise NotImplementedError" in page
    fields = {"idempotency_key": str(uuid.uuid4()), "file-program.py": "def total(n):\r\n    return 5\r\n"}
    answer = client.post(f"{UNIT}submit/", fields)
    submission = Submission.objects.get()
    assert answer["Location"] == f"/submissions/{submission.pk}/"
    assert "return 5" in client.get(UNIT).content.decode()
    kept = zipfile.ZipFile(io.BytesIO(client.get(f"/submissions/{submission.pk}/files.zip").content))
    assert kept.read("program.py") == b"def total(n):\n    return 5\n"
    given = zipfile.ZipFile(io.BytesIO(client.get(f"{UNIT}starter.zip").content))
    assert b"NotImplementedError" in given.read("program.py")
    assert given.namelist() == ["program.py"]  # neither the solution nor the check


def test_an_uploaded_file_is_handed_in_whatever_its_name(enrolled: Enrollment) -> None:
    client = client_of(enrolled.person)
    upload = SimpleUploadedFile("mine (2).py", SOLUTION.encode())
    client.post(f"{UNIT}submit/", {"idempotency_key": str(uuid.uuid4()), "file": upload})
    assert Submission.objects.get().notices == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"file": SimpleUploadedFile("a.py", b"\xff\xfe")}, "is not UTF-8 text"),
        ({"file": SimpleUploadedFile("a.py", b"x" * 200_001)}, "is larger than 200 kB"),
        ({"file-program.py": "x = 1\0"}, "is not a text file"),
        ({"file-other.py": "x = 1"}, "other.py is not a file of this exercise"),
        ({}, "program.py is missing"),
    ],
)
def test_files_that_cannot_be_graded_are_refused_with_a_sentence(
    enrolled: Enrollment, fields: dict[str, Any], sentence: str
) -> None:
    answer = client_of(enrolled.person).post(
        f"{UNIT}submit/", {"idempotency_key": str(uuid.uuid4()), **fields}
    )
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Submission.objects.exists()


def test_the_result_shows_what_came_beside_what_was_expected(enrolled: Enrollment) -> None:
    submission = judged(enrolled)
    page = result_page(submission, enrolled.person)
    assert "total([4, 2])" in page
    assert '<mark class="bad">7</mark>' in page
    assert "<mark>6</mark>" in page
    assert "What came back is not what was expected." in page
    assert "1 of 5 inputs right · Time in your program: 12 ms · Most memory in the whole run: 31 MB" in page
    assert "Add them up." in page
    assert "warned" in page
    assert "더해 보세요." in result_page(submission, enrolled.person, "ko")


def test_of_a_hidden_test_a_learner_reads_its_authors_words_and_nothing_else(enrolled: Enrollment) -> None:
    submission = judged(enrolled)
    page = result_page(submission, enrolled.person)
    assert "What is the sum of nothing?" in page
    assert "secret" not in page
    assert "total([])" not in page
    assert "secret" in result_page(submission, instructor(enrolled.run))


@pytest.mark.parametrize(
    ("level", "shown"),
    [("none", ""), ("points", "0 / 3"), ("hints", "0 / 3 hint"), ("all", "0 / 3 hint input")],
)
def test_the_feedback_policy_decides_what_a_learner_reads(level: str, shown: str) -> None:
    enrolled = taken(settings=f"{SETTINGS}feedback: {level}\n")
    submission = judged(enrolled)
    page = result_page(submission, enrolled.person)
    assert ("Random lists" in page) == ("0 / 3" in shown)
    assert ("Add them up." in page) == ("hint" in shown)
    assert ("total([4, 2])" in page) == ("input" in shown)
    assert ("data-score" in page) == (level != "none")
    rows = client_of(enrolled.person).get(UNIT).content.decode()
    assert ("0 / 4" in rows) == (level != "none")
    told = Notification.objects.filter(person=enrolled.person, kind="grades")
    assert told.exists() == (level != "none")
    assert "total([4, 2])" in result_page(submission, instructor(enrolled.run))


def test_the_policy_changes_when_the_run_closes() -> None:
    enrolled = taken(settings=f"{SETTINGS}feedback: {{before: points, after: all}}\n")
    submission = judged(enrolled)
    assert "total([4, 2])" not in result_page(submission, enrolled.person)
    CourseRun.objects.filter(pk=enrolled.run_id).update(closes_at=timezone.now())
    assert "total([4, 2])" in result_page(submission, enrolled.person)


def test_an_exercise_that_is_broken_says_so_to_both_sides() -> None:
    enrolled = taken(check=CHECK)
    submission = hand_in(enrolled, SOLUTION)
    job = queue.claim("cpu")
    assert job is not None
    teacher = instructor(enrolled.run)
    queue.fail_by_author(job, failure="Traceback: ZeroDivisionError")
    learners = result_page(submission, enrolled.person)
    assert "This exercise has a fault of its own" in learners
    assert "ZeroDivisionError" not in learners
    assert "ZeroDivisionError" in result_page(submission, teacher)
    assert GradingJob.objects.get().failure_class == "author"
    assert Notification.objects.filter(person=teacher, kind="broken").count() == 1


def test_differences_are_marked_by_whole_numbers_and_words() -> None:
    came, expected = mark("[1.25, 3]", "[1.75, 3]")
    assert came == [("[", False), ("1.25", True), (", 3]", False)]
    assert expected == [("[", False), ("1.75", True), (", 3]", False)]
