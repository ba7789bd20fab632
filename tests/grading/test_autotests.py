"""Autotest lines become tests of what the author's solution gives; what goes wrong there is the author's to read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.conf import settings

from courses.drafts import CourseFileErrors
from courses.files import read_course
from courses.services import import_course
from grading import autotests, notebook
from grading.judging import Verdict, judge
from grading.models import Exercise
from grading.nbgrader_adapter import AuthorError, release
from grading.splitting import Place, job_for
from records import artifacts
from sandbox import environments, run
from tests.factories import affiliate, code_cell, source_notebook, test_cell, write_notebook

pytestmark = pytest.mark.sandbox

VALUES = """
import numpy as np
import pandas as pd
number, text = 0.1 + 0.2, 'say "yes", 네\\nand "no"'
places = np.linspace(0, 1, 5000)
frame = pd.DataFrame({"b": [1.5, 2.5], "a": ["x", "y"]})
"""
TESTS = (
    "### AUTOTEST number; text; type(text)\n### HASHED AUTOTEST places\n# AUTOTEST frame; {1: 'a'}; {2, 1}"
)
OWN = """
python3:
    dispatch: "type({{snippet}})"
    normalize: "str({{snippet}})"
    check: 'assert {{snippet}} == "{{value}}", "{{message}}"'
    templates:
        default:
            - test: "{{snippet}}"
              fail: "own words about {{snippet}}"
"""


def with_autotests(solution: str = VALUES, tests: str = TESTS) -> notebook.Notebook:
    answer = code_cell(f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION", "answer", solution=True)
    return source_notebook(answer, test_cell("tests", tests, 4))


def graded(source: notebook.Notebook, answer: str, templates: str | None = None) -> Verdict:
    made = release(notebook.dump(source), autotests=templates)
    submitted = notebook.with_answers(made.released, {"answer": answer})
    rebuilt = notebook.rebuild(submitted, made.master).notebook
    job = job_for(rebuilt, Place(str(environments.find("base").path)))
    (verdict,) = judge(rebuilt, run(job))
    return verdict


def test_values_of_many_types_become_tests_that_the_same_values_pass() -> None:
    assert graded(with_autotests(), VALUES).points == 4


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.1 + 0.2", "0.31", "number is another number"),
        ("yes", "YES", "capital and small letters"),
        ("5000", "5001", "AssertionError"),
        ("2.5", "2.6", "other values"),
        ('"b": [', '"c": [', "other columns"),
    ],
)
def test_another_value_earns_nothing_and_is_told(old: str, new: str, words: str) -> None:
    verdict = graded(with_autotests(), VALUES.replace(old, new))
    assert verdict.points == 0
    assert words in verdict.message or words == "AssertionError"


def test_learners_see_neither_the_solution_nor_a_hashed_value() -> None:
    released = notebook.dump(
        release(notebook.dump(with_autotests("secret = 4711", "# HASHED AUTOTEST secret"))).released
    )
    assert b"4711" not in released
    assert b"AUTOTEST" not in released
    assert b"sha1" in released


def test_the_same_source_gives_the_same_release() -> None:
    source = notebook.dump(with_autotests("x = 3", "# HASHED AUTOTEST x"))
    assert release(source).master == release(source).master


def test_templates_of_ones_own_take_the_place_of_ours() -> None:
    source = with_autotests("x = 3", "### AUTOTEST x")
    assert graded(source, "x = 4", OWN).message.endswith("own words about x")


@pytest.mark.parametrize(
    ("solution", "tests", "words"),
    [
        ("x = 1", "### AUTOTEST y", "cell 2: the author's own code fails: NameError.*y"),
        ("x = 1 / 0", "### AUTOTEST x", "cell 1: the author's own code fails: ZeroDivisionError"),
        (
            "import random",
            "### AUTOTEST random.random()",
            "cell 2: the author's own solution fails its autotests",
        ),
        ("import os", "### AUTOTEST os._exit(3)", "does not end well"),
        ("x = 'a' * 200_000", "### AUTOTEST x", "cell 2: a result is longer than 100,000 characters"),
    ],
)
def test_an_author_reads_what_keeps_tests_from_being_made(solution: str, tests: str, words: str) -> None:
    with pytest.raises(AuthorError, match=words):
        release(notebook.dump(with_autotests(solution, tests)))


def test_autotest_lines_outside_a_test_are_refused_with_their_cell() -> None:
    misplaced = source_notebook(
        code_cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n# AUTOTEST x", "x", solution=True),
        test_cell("t", "assert x", 1),
    )
    with pytest.raises(AuthorError, match="cell 1 holds autotest lines but is no test"):
        release(notebook.dump(misplaced))


def test_a_solution_that_never_ends_meets_the_notebooks_own_limit() -> None:
    endless = with_autotests("while True: pass", "### AUTOTEST 1")
    endless["metadata"]["lms"]["limits"] = {"cell_seconds": 1}
    with pytest.raises(AuthorError, match="cell 1: the author's own code fails"):
        release(notebook.dump(endless))


def test_an_environment_that_is_not_built_says_how_to_build_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environments, "BUILT", tmp_path)
    with pytest.raises(AuthorError, match="python -m sandbox build base"):
        release(notebook.dump(with_autotests("x = 1", "### AUTOTEST x")))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("python3", "ir", "python3: fields"),
        ("dispatch", "despatch", "dispatch: a text is needed"),
        ("default", "int", "a list named default"),
        ('"{{snippet}}"', "7", "default: test: a text is needed"),
        ("{{message}}", "{{cycler.__init__.__globals__.os.getcwd()}}", "check: only {{snippet}}"),
        ("{{message}}", "{% for x in y %}", "check: only {{snippet}}"),
        ("templates:", "templates: [", "not valid YAML"),
    ],
)
def test_templates_that_cannot_be_filled_in_are_refused_by_name(old: str, new: str, words: str) -> None:
    with pytest.raises(AuthorError, match=words.replace("{", r"\{")):
        release(notebook.dump(with_autotests("x = 1", "### AUTOTEST x")), autotests=OWN.replace(old, new, 1))


def test_our_own_templates_are_valid() -> None:
    assert autotests.read_templates(autotests.DEFAULT.read_text(encoding="utf-8"))["success"]


@pytest.mark.django_db
def test_a_course_brings_templates_of_its_own(tmp_path: Path) -> None:
    folder = course_with_autotests(tmp_path)
    (folder / "autotests.yml").write_text(OWN, encoding="utf-8")
    version, _is_new = import_course(read_course(folder), owner=affiliate(), by=None)
    exercise = Exercise.objects.get(unit__version=version, unit__key="autotested")
    assert "own words about x" in artifacts.read(exercise.master_sha256).decode()


def test_a_courses_templates_that_are_wrong_stop_its_import(tmp_path: Path) -> None:
    folder = course_with_autotests(tmp_path)
    (folder / "autotests.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(CourseFileErrors) as caught:
        read_course(folder)
    assert {error.args[0] for error in caught.value.exceptions} == {
        f"{folder}/autotests.yml: not a text in UTF-8"
    }


def course_with_autotests(tmp_path: Path) -> Path:
    samples = settings.BASE_DIR / "courses" / "samples" / "data-science-first-steps"
    folder = Path(shutil.copytree(samples, tmp_path / "course"))
    source = with_autotests("x = 3", "### AUTOTEST x")
    source["metadata"]["lms"] |= {"key": "autotested"}
    module = folder / "01-look-at-data"
    write_notebook(module / "09-autotested.ipynb", source)
    (module / "09-autotested.ko.yaml").write_text("title: 자동 시험\n", encoding="utf-8")
    return folder
