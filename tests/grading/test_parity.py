"""nbgrader's own scores, from `manage.py grade_notebook`, for the notebooks that its wheel brings."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbgrader
import pytest

from tests import nbgrader_itself

FILES = nbgrader_itself.FIXTURES
GUIDE = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide"
ROOT = Path(__file__).parents[2]

# source, submitted, score, maximum, status; as nbgrader gives them.
SCORES = [
    ("submitted-unchanged", "submitted-unchanged", 1, 7, "graded"),
    ("submitted-unchanged", "submitted-changed", 2, 7, "needs_manual"),
    ("submitted-unchanged", "submitted-cheat-attempt", 1, 7, "needs_manual"),
    ("submitted-unchanged", "submitted-cheat-attempt-alternative", 1, 7, "needs_manual"),
    ("test-hidden-tests", "test-hidden-tests", 1.5, 3, "graded"),
]
# The same, as asserted by nbgrader's own tests of autotest cells.
AUTOTEST_SCORES = [
    ("autotest-simple", "unchanged", 0, 1),
    ("autotest-simple", "changed", 1, 1),
    ("autotest-hashed", "unchanged", 0, 1),
    ("autotest-hashed", "changed", 1, 1),
    ("autotest-multi", "unchanged", 0, 4),
    ("autotest-multi", "changed", 3, 4),
    ("autotest-hidden", "unchanged", 0, 1),
    ("autotest-hidden", "changed-wrong", 0, 1),
    ("autotest-hidden", "changed-right", 1, 1),
]
# The automatic scores of the users' guide's two students, from nbgrader's own autograde.
GUIDE_SCORES = [
    ("bitdiddle", "problem1", 1.5),
    ("bitdiddle", "problem2", 0),
    ("hacker", "problem1", 3),
    ("hacker", "problem2", 0),
]
REFUSED = [
    FILES / "test-v0-invalid.ipynb",
    FILES / "too-new.ipynb",
    FILES / "test-no-metadata-autotest.ipynb",
    *(FILES.parents[1] / "preprocessors" / "files").glob("bad-markdown-cell-*.ipynb"),
    *[
        FILES.parents[1] / "preprocessors" / "files" / f"{name}.ipynb"
        for name in (
            "duplicate-grade-ids",
            "blank-grade-id",
            "blank-points",
            "bad-markdown-cell-1",
            "bad-markdown-cell-2",
        )
    ],
]


def grade(source: Path, submitted: Path) -> tuple[int, dict[str, Any]]:
    command: list[str | Path] = [
        sys.executable,
        "manage.py",
        "grade_notebook",
        "--json",
        "--source",
        source,
        "--submitted",
        submitted,
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout.splitlines()[-1])


@pytest.mark.sandbox
@pytest.mark.parametrize(("source", "submitted", "score", "max_score", "status"), SCORES)
def test_scores_are_nbgraders(
    source: str, submitted: str, score: float, max_score: float, status: str
) -> None:
    code, report = grade(FILES / f"{source}.ipynb", FILES / f"{submitted}.ipynb")
    assert (code, report["score"], report["max_score"], report["status"]) == (0, score, max_score, status)
    assert (report["mode"], report["assurance"]) == ("split", "high")


@pytest.mark.sandbox
@pytest.mark.parametrize(("source", "submitted", "score", "max_score"), AUTOTEST_SCORES)
def test_scores_of_autotest_cells_are_nbgraders(
    source: str, submitted: str, score: float, max_score: float
) -> None:
    """By nbgrader's own `autotests.yml`, which lies beside the notebooks."""
    code, report = grade(FILES / f"{source}.ipynb", FILES / f"{source}-{submitted}.ipynb")
    assert (code, report["score"], report["max_score"], report["status"]) == (0, score, max_score, "graded")


@pytest.mark.sandbox
@pytest.mark.parametrize(("source", "submitted", "score", "max_score"), AUTOTEST_SCORES)
def test_our_own_templates_of_autotests_give_the_same_scores(
    source: str, submitted: str, score: float, max_score: float, *, tmp_path: Path
) -> None:
    alone = Path(shutil.copy(FILES / f"{source}.ipynb", tmp_path))
    _code, report = grade(alone, FILES / f"{source}-{submitted}.ipynb")
    assert (report["score"], report["max_score"]) == (score, max_score)


@pytest.mark.sandbox
def test_a_released_notebook_handed_in_as_it_is_earns_nothing(tmp_path: Path) -> None:
    from grading import notebook
    from grading.nbgrader_adapter import release

    source = FILES / "test-hidden-tests.ipynb"
    released = tmp_path / "released.ipynb"
    released.write_bytes(notebook.dump(release(source.read_bytes()).released))
    assert grade(source, released)[1]["score"] == 0


@pytest.mark.sandbox
@pytest.mark.parametrize(("student", "problem", "score"), GUIDE_SCORES)
def test_the_course_of_the_users_guide_is_graded_as_nbgrader_grades_it(
    student: str, problem: str, score: float
) -> None:
    _code, report = grade(
        GUIDE / f"source/ps1/{problem}.ipynb", GUIDE / f"submitted/{student}/ps1/{problem}.ipynb"
    )
    assert report["score"] == score, report


@pytest.mark.parametrize("notebook", REFUSED, ids=lambda notebook: notebook.stem)
def test_what_nbgrader_refuses_is_refused_with_a_sentence(notebook: Path) -> None:
    code, report = grade(notebook, notebook)
    assert (code, report["status"], report["score"]) == (1, "failed", None)
    assert report["error"]


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ["test-v0", "test-v1", "test-v2"])
def test_older_schemas_are_graded(name: str) -> None:
    code, report = grade(FILES / f"{name}.ipynb", FILES / f"{name}.ipynb")
    assert (code, report["max_score"]) == (0, 6)


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("source", "submitted"),
    [
        ("submitted-unchanged", "submitted-changed"),
        ("submitted-unchanged", "submitted-cheat-attempt"),
        ("test-hidden-tests", "test-hidden-tests"),
    ],
)
def test_scores_equal_those_of_the_real_autograde(source: str, submitted: str, tmp_path: Path) -> None:
    _code, report = grade(FILES / f"{source}.ipynb", FILES / f"{submitted}.ipynb")
    nbgrader_itself.prepare(FILES / f"{source}.ipynb", FILES / f"{submitted}.ipynb", tmp_path)
    nbgrader_itself.run("autograde", tmp_path)
    assert report["score"] == nbgrader_itself.score(tmp_path)
