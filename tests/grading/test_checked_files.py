"""Checked exercises as folders: what is read of them, and the faults that are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from courses.drafts import CourseFileErrors
from courses.files import read_course
from tests.grading.checked_exercise import SETTINGS, folder

PLACE = "01-module/01-total"


def faults(root: Path) -> str:
    with pytest.raises(CourseFileErrors) as caught:
        read_course(root)
    return str(caught.value).replace(f"{root}/", "")


def test_a_folder_becomes_a_unit_with_its_files_apart(tmp_path: Path) -> None:
    unit = read_course(folder(tmp_path)).modules[0].units[0]
    assert (unit.kind, unit.key, unit.title) == ("checked", "total", {"en": "The total", "ko": "합계"})
    assert unit.content == {"statement": {"en": "Add the numbers.", "ko": "수를 더하세요."}}
    assert list(unit.private.starter.files) == list(unit.private.solution.files) == ["program.py"]
    assert unit.private.facts["feedback"] == {"before": "all", "after": "all"}


def test_several_files_keep_their_names_and_one_of_them_is_called(tmp_path: Path) -> None:
    files = {f"{role}/{name}.py": "x = 1\n" for role in ("starter", "solution") for name in ("one", "two")}
    root = folder(tmp_path, settings=SETTINGS + "entry: two.py\n", files=files)
    (root / PLACE / "starter.py").unlink()
    (root / PLACE / "solution.py").unlink()
    starter = read_course(root).modules[0].units[0].private.starter
    assert [name for name, _text in starter.ordered()] == ["two.py", "one.py"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SETTINGS.replace("points: 4", "points: many"), ":5: points: a number from"),
        (SETTINGS.replace("kind: checked", "kind: model"), ":1: kind: 'checked' is needed"),
        (SETTINGS + "colour: red\n", ":7: colour: unknown field"),
        (SETTINGS + "feedback: some\n", ":7: feedback: one of none, points, hints, all is needed"),
        (SETTINGS + "feedback: {before: all}\n", ":7: feedback: one of none, points, hints, all is needed"),
        (SETTINGS + "limits: {hours: 1}\n", ":7: limits: only"),
        (SETTINGS + "entry: other.py\n", ":7: entry: one of program.py is needed"),
        (SETTINGS.replace(", ko: 합계", ""), ":3: title: the text in 'ko' is missing"),
    ],
)
def test_a_bad_setting_is_named_with_its_line(tmp_path: Path, settings: str, expected: str) -> None:
    assert f"{PLACE}/exercise.yaml{expected}" in faults(folder(tmp_path, settings=settings))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("check.py", "def (:\n", "check.py:1: not valid Python"),
        ("solution.py", "x = 1\nreturn\n", "solution.py:2: not valid Python"),
        ("statement.ko.md", " \n", "statement.ko.md: the statement is empty"),
        ("notes.txt", "x", "notes.txt: no part of a checked exercise"),
        ("statement.md", "![](a.png)", "statement.md:1: the image a.png needs an alternative text"),
    ],
)
def test_a_bad_file_is_named_with_its_reason(tmp_path: Path, name: str, text: str, expected: str) -> None:
    assert f"{PLACE}/{expected}" in faults(folder(tmp_path, files={name: text}))


def test_two_sets_of_starter_files_are_a_fault(tmp_path: Path) -> None:
    both = folder(tmp_path, files={"starter/a.py": "x = 1\n"})
    assert f"{PLACE}: both starter.py and starter/ are there" in faults(both)


@pytest.mark.parametrize("name", ["check.py", "solution.py", "statement.md", "statement.ko.md"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    root = folder(tmp_path)
    (root / PLACE / name).unlink()
    assert f"{PLACE}/{name}: the file is missing" in faults(root)
