"""The real `nbgrader` command, to compare with: a course folder of one notebook and one student."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbgrader

FIXTURES = Path(nbgrader.__file__).parent / "tests" / "apps" / "files"


def prepare(source: Path, submitted: Path, course: Path) -> None:
    """Lay both files where nbgrader expects them, and let it make its gradebook."""
    for folder, notebook in (
        (course / "source" / "ps1", source),
        (course / "submitted" / "ann" / "ps1", submitted),
    ):
        folder.mkdir(parents=True)
        shutil.copy(notebook, folder / "p1.ipynb")
    run("generate_assignment", course)


def run(step: str, course: Path) -> None:
    tools = Path(sys.executable).parent  # nbgrader looks for alembic on the PATH
    environment = {**os.environ, "HOME": str(course), "PATH": f"{tools}:{os.environ['PATH']}"}
    command: list[str | Path] = [tools / "nbgrader", step, "ps1", "--force"]
    subprocess.run(command, cwd=course, env=environment, check=True, capture_output=True, timeout=120)


def score(course: Path) -> float:
    """The automatic points in nbgrader's own gradebook."""
    with sqlite3.connect(course / "gradebook.db") as database:
        return float(database.execute("SELECT SUM(COALESCE(auto_score, 0)) FROM grade").fetchone()[0] or 0)


def autograde_seconds(source: Path, submitted: Path, course: Path) -> float:
    prepare(source, submitted, course)
    began = time.monotonic()
    run("autograde", course)
    return time.monotonic() - began
