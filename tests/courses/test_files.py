from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from courses.drafts import CourseFileErrors
from courses.files import read_course
from courses.models import Course, CourseRun, Unit
from courses.services import import_course
from grading.models import Exercise
from tests.factories import affiliate

SAMPLE = settings.BASE_DIR / "courses" / "samples" / "data-science-first-steps"
LESSON = "01-look-at-data/01-look-before-you-model.md"
KOREAN = "01-look-at-data/01-look-before-you-model.ko.md"
NOTEBOOK = "01-look-at-data/03-meet-the-wine-data.ipynb"
NOTEBOOK_KOREAN = "01-look-at-data/03-meet-the-wine-data.ko.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "course"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def faults(folder: Path) -> str:
    with pytest.raises(CourseFileErrors) as caught:
        read_course(folder)
    return str(caught.value).replace(f"{folder}/", "")


def test_the_sample_course_is_read_whole() -> None:
    draft = read_course(SAMPLE)
    kinds = [unit.kind for module in draft.modules for unit in module.units]
    assert (kinds.count("reading"), kinds.count("notebook"), kinds.count("checked")) == (3, 3, 1)
    assert all(set(unit.title) == {"en", "ko"} for module in draft.modules for unit in module.units)


def test_the_same_folder_has_the_same_hash(folder: Path) -> None:
    before = read_course(folder).content_hash
    assert before == read_course(SAMPLE).content_hash
    edit(folder / LESSON, "minutes: 10", "minutes: 11")
    assert read_course(folder).content_hash != before


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (LESSON, "minutes: 10", "minutes: soon", f"{LESSON}:4: minutes: a number from 1 to 1,000,000"),
        (LESSON, "key: ", "key: Über ", f"{LESSON}:2: key: "),
        (LESSON, "---\n", "***\n", f"{LESSON}:1: the file must begin with front matter"),
        ("course.yaml", "level: ", "level: easy-", "course.yaml:"),
        ("course.yaml", "slug: ", "slugg: ", "course.yaml:1: slugg: unknown field"),
        ("course.yaml", "slug: ", "slug: [", "course.yaml:"),
        ("course.yaml", "[en, ko]", "[]", "course.yaml:17: languages: at least one language"),
        ("course.yaml", "hours: 3", "hours: 99999", "course.yaml:19: hours: a number from 0 to 9,999"),
        ("01-look-at-data/module.yaml", "title:", "- title:", "module.yaml:1: fields of the form"),
        (
            NOTEBOOK_KOREAN,
            "messages:\n",
            "messages:\n  no-such-test: 글\n",
            "no graded cell has the grade_id",
        ),
    ],
)
def test_a_fault_names_its_file_its_line_and_the_reason(
    folder: Path, name: str, old: str, new: str, expected: str
) -> None:
    edit(folder / name, old, new)
    assert expected in faults(folder)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (5, "lms: fields of the form"),
        ({"messages": ["a"]}, "messages: fields of the form"),
        ({"limits": 5}, "limits: fields of the form"),
        ({"cutoff": 150}, "cutoff: a number from 0 to 100 is needed"),
        ({"environment": "x" * 41}, "environment: "),
        ({"environment": "nowhere"}, "environment: There is no environment 'nowhere'"),
    ],
)
def test_a_notebook_with_bad_settings_is_told(folder: Path, settings: Any, expected: str) -> None:
    source = json.loads((folder / NOTEBOOK).read_text())
    good = source["metadata"]["lms"]
    source["metadata"]["lms"] = good | settings if isinstance(settings, dict) else settings
    (folder / NOTEBOOK).write_text(json.dumps(source))
    assert f"{NOTEBOOK}: {expected}" in faults(folder)


def test_the_translation_of_a_notebook_is_read_strictly(folder: Path) -> None:
    (folder / NOTEBOOK_KOREAN).write_text("title: 글\ncells: [a]\n")
    assert f"{NOTEBOOK_KOREAN}:2: cells: fields of the form" in faults(folder)


def test_every_fault_of_a_folder_is_told_at_once(folder: Path) -> None:
    (folder / KOREAN).unlink()
    edit(folder / "02-a-first-model/01-an-honest-test.md", "minutes: ", "minutes: x")
    told = faults(folder)
    assert "the course declares 'ko', but this file is missing" in told
    assert "02-a-first-model/01-an-honest-test.md" in told


def test_an_image_needs_a_file_and_an_alternative_text(folder: Path) -> None:
    with (folder / LESSON).open("a") as lesson:
        lesson.write("\n![Two lines](nowhere.png)\n")
    assert "the image nowhere.png is missing" in faults(folder)
    edit(folder / LESSON, "![Two lines](nowhere.png)", "![](four-tables.png)")
    assert "needs an alternative text" in faults(folder)
    edit(folder / LESSON, "![](four-tables.png)", "![Secrets](../../../../etc/passwd.png)")
    assert "beside the lesson" in faults(folder)


@pytest.mark.parametrize("name", ["그림 1.png", "100%.png", "b.webp"])
@pytest.mark.parametrize(
    "form", ["![Two lines](<{}>)", "![Two lines](<{}> 'A title')", "![Two lines][a]\n\n[a]: <{}>"]
)
def test_images_are_found_however_they_are_written(folder: Path, name: str, form: str) -> None:
    (folder / "01-look-at-data" / name).write_bytes(b"figure")
    shown = name.replace("%", "%25")
    with (folder / LESSON).open("a") as lesson:
        lesson.write("\n" + form.format(shown) + "\n")
    assert images_of(folder)[name] == b"figure"


def images_of(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = read_course(folder).modules[0].units[0].private
    return found


def test_an_image_inside_a_code_fence_is_no_image(folder: Path) -> None:
    before = images_of(folder)
    with (folder / LESSON).open("a") as lesson:
        lesson.write("\n```markdown\n![](nowhere.png)\n```\n")
    assert images_of(folder) == before


def test_a_bad_image_is_told_with_the_file_and_the_line_that_show_it(folder: Path) -> None:
    text = (folder / KOREAN).read_text() + "\nOne\n![Two lines](nowhere.png)\n"
    (folder / KOREAN).write_text(text)
    assert f"{KOREAN}:{text.count(chr(10))}: the image nowhere.png is missing" in faults(folder)


@pytest.mark.parametrize(
    "name",
    ["04-quiz.yml", "09-orphan.ko.md", "09-orphan.ko.yaml", "spare.png", "01-look-before-you-model.fr.md"],
)
def test_a_file_that_nothing_uses_is_a_fault(folder: Path, name: str) -> None:
    (folder / "01-look-at-data" / name).write_text("lost")
    assert f"01-look-at-data/{name}: no unit" in faults(folder)


def test_a_folder_named_like_a_notebook_is_a_fault(folder: Path) -> None:
    (folder / "01-look-at-data" / "09-more.ipynb").mkdir()
    assert "01-look-at-data/09-more.ipynb: no unit" in faults(folder)


def test_hidden_files_change_nothing(folder: Path) -> None:
    before = read_course(folder).content_hash
    for name in (
        ".git/config",
        "01-look-at-data/.ipynb_checkpoints/a.ipynb",
        "01-look-at-data/__pycache__/a.pyc",
    ):
        (folder / name).parent.mkdir()
        (folder / name).write_text("hidden")
    assert read_course(folder).content_hash == before


def test_links_in_a_folder_are_not_followed(folder: Path) -> None:
    (folder / "01-look-at-data" / "09-secret.md").symlink_to("/etc/hostname")
    assert "links are not followed" in faults(folder)


def test_two_units_with_one_key_are_refused(folder: Path) -> None:
    shutil.copy(folder / LESSON, folder / "01-look-at-data/07-again.md")
    shutil.copy(folder / KOREAN, folder / "01-look-at-data/07-again.ko.md")
    assert "two units have the key 'look-before-you-model'" in faults(folder)


@pytest.mark.django_db
def test_a_bad_folder_changes_nothing(folder: Path) -> None:
    affiliate()
    edit(folder / LESSON, "minutes: 10", "minutes: soon")
    with pytest.raises(CommandError, match="nothing changed"):
        call_command("import_course", folder)
    assert not Course.objects.exists()


@pytest.mark.django_db
def test_import_publishes_versions_and_leaves_runs_where_they_are(folder: Path) -> None:
    owner = affiliate()
    first, is_new = import_course(read_course(folder), owner=owner, by=None)
    assert (first.number, is_new) == (1, True)
    again, is_new = import_course(read_course(folder), owner=owner, by=None)
    assert (again, is_new) == (first, False)
    edit(folder / LESSON, "minutes: 10", "minutes: 11")
    second, is_new = import_course(read_course(folder), owner=owner, by=None)
    assert (second.number, is_new) == (2, True)
    assert CourseRun.objects.get().version == first
    assert Unit.objects.get(version=second, key="look-before-you-model").minutes == 11


@pytest.mark.django_db
def test_hidden_tests_and_solutions_stay_out_of_what_learners_get() -> None:
    from records import artifacts

    import_course(read_course(SAMPLE), owner=affiliate(), by=None)
    for exercise in Exercise.objects.filter(kind=Exercise.Kind.CHECKED):
        released = artifacts.read(exercise.released_sha256).decode()
        assert "NotImplementedError" in released
        assert "accumulate" not in released
        assert "@case" not in released
        assert "@case" in artifacts.read(exercise.master_sha256).decode()
    for exercise in Exercise.objects.filter(kind=Exercise.Kind.NOTEBOOK):
        released = artifacts.read(exercise.released_sha256).decode()
        assert "HIDDEN TESTS" not in released
        assert "BEGIN SOLUTION" not in released
        assert "HIDDEN TESTS" in artifacts.read(exercise.master_sha256).decode()
