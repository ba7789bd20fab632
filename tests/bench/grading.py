"""From a click to a stored grade: one notebook, and ten at once, through the real site."""

from __future__ import annotations

import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings

from lms import smoke
from lms.management.commands.smoke import NOTEBOOK, running_site
from tests.bench.figures import Figure

REPEATS, AT_ONCE = 7, 10


def measure() -> list[Figure]:
    source = next((settings.BASE_DIR / "courses/samples" / smoke.COURSE / NOTEBOOK).glob("*.ipynb"))
    answers, key = smoke.reference_answers(source), smoke.unit_key(source)
    limits = {"WORKER_CONCURRENCY": "2"}
    with (
        tempfile.TemporaryDirectory(prefix="maru-bench-") as folder,
        running_site(Path(folder), quiet=True, settings=limits) as address,
    ):
        visitor = smoke.Visitor(address)
        visitor.log_in("learner", "demo")
        single = [smoke.submit_and_wait(visitor, key=key, answers=answers).seconds for _ in range(REPEATS)]
        ten = _ten_at_once(address, key, answers)
    return [
        Figure(
            "one notebook, click to stored grade, cold sandbox",
            statistics.median(single),
            "s",
            "≤ 1.5 s cold",
        ),
        Figure("one notebook, slowest of 7", max(single), "s"),
        Figure(f"{AT_ONCE} notebooks at once, until all are graded", ten, "s"),
        Figure("nbgrader autograde, one small notebook (measured before, same kind of machine)", 4.7, "s"),
        Figure("nbgrader autograde, ten (measured before, same kind of machine)", 14.9, "s"),
    ]


def _ten_at_once(address: str, key: str, answers: dict[str, str]) -> float:
    visitors = []
    for _ in range(AT_ONCE):
        visitor = smoke.Visitor(address)
        visitor.log_in("learner2", "demo")
        visitors.append(visitor)
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda visitor: smoke.submit_and_wait(visitor, key=key, answers=answers), visitors))
    return time.monotonic() - began
