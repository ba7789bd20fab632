"""From a click to a stored grade: one notebook, and ten at once, through the real site."""

from __future__ import annotations

import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import sandbox
from grading import notebook
from grading.judging import judge
from grading.nbgrader_adapter import release
from grading.splitting import Place, job_for
from lms import smoke
from lms.sitetest import Site
from people.demo import demo_password
from sandbox.environments import find
from tests.bench import warm
from tests.bench.figures import Figure
from tests.nbgrader_itself import FIXTURES, autograde_seconds

REPEATS, AT_ONCE = 7, 10


def measure() -> list[Figure]:
    answers, key = smoke.reference_answers(smoke.NOTEBOOK), smoke.unit_key(smoke.NOTEBOOK)
    with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder, Site(Path(folder), "--demo") as site:
        visitor = smoke.Visitor(site.url)
        visitor.log_in("learner2", demo_password())  # has not begun yet
        single = [smoke.submit_and_wait(visitor, key=key, answers=answers).seconds for _ in range(REPEATS)]
        ten = _ten_at_once(site.url, key, answers)
    ours, theirs = _beside_nbgrader()
    return [
        *warm.measure(),
        Figure("one notebook, click to stored grade, warm sandbox", statistics.median(single), "s"),
        Figure(f"one notebook, slowest of {REPEATS}", max(single), "s"),
        Figure(f"{AT_ONCE} notebooks at once, until all are graded", ten, "s"),
        Figure("a small notebook without the site, cold sandbox", ours, "s"),
        Figure("the same notebook, nbgrader autograde", theirs, "s"),
        Figure("nbgrader's time as a multiple of ours", theirs / ours, "times"),
    ]


def _beside_nbgrader() -> tuple[float, float]:
    """Seconds to grade one of nbgrader's own fixtures: here, and by its command (medians of 3, in turns)."""
    source, submitted = FIXTURES / "submitted-unchanged.ipynb", FIXTURES / "submitted-changed.ipynb"
    ours, theirs = [], []
    for _ in range(3):
        began = time.monotonic()
        rebuilt = notebook.rebuild(
            notebook.parse(submitted.read_bytes()), release(source.read_bytes()).master
        )
        judge(rebuilt.notebook, sandbox.run(job_for(rebuilt.notebook, Place(str(find("base").path)))))
        ours.append(time.monotonic() - began)
        with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder:
            theirs.append(autograde_seconds(source, submitted, Path(folder)))
    return statistics.median(ours), statistics.median(theirs)


def _ten_at_once(address: str, key: str, answers: dict[str, str]) -> float:
    """Seconds until ten submissions of two learners, sent together, are graded."""
    visitors = []
    for login in ("colleague", "manager"):
        for _ in range(AT_ONCE // 2):
            visitor = smoke.Visitor(address)
            visitor.log_in(login, demo_password())
            visitor.enroll()
            visitors.append(visitor)
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(
            pool.map(
                lambda visitor: smoke.submit_and_wait(visitor, key=key, answers=answers, poll=0.5), visitors
            )
        )
    return time.monotonic() - began
