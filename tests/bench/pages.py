"""Pages at 600 and at 200,000 people: how fast, how many, with how many questions, beside 200 open streams; memory.

Three kinds of load for each page. One reader at a time: what a page takes. Eight at once without a pause: what the site
gives at most, and how much of a core's second a page costs all its processes. A constant rate, never more than 100/s:
the highest one at which 95 of 100 answers come within 150 ms. The web is one Python process, which runs on about one
core; the load comes from the same machine.

BENCH_PEOPLE=20000 makes the large site smaller, for a quick look. BENCH_DATA is a stopped site's data folder, filled by
`seed_demo` and `seed_scale` before: it is used as the large one.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from lms import smoke
from lms.places import BASE_DIR
from lms.sitetest import Site
from people.demo import demo_password
from tests.bench.figures import Figure
from tests.bench.site import REST_SECONDS, memory_of

RATE, GOAL_MS, SECONDS, WARM_UP = 100, 150, 4, 1
# Of what the site gives at most: the highest share that keeps the goal is the rate that it sustains.
_SHARES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
# The large one beside the sample group, whose accounts log in.
LARGE = int(os.environ.get("BENCH_PEOPLE", "200000"))
FILLED = os.environ.get("BENCH_DATA", "")


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder, Site(Path(folder), "--demo") as site:
        small = _measured(site, "600 people")
    size = f"{LARGE:,} people"
    with _large_folder() as folder, Site(Path(folder), "--demo") as site:
        filled = [] if FILLED else [_filled(site, size)]
        return [*small, *filled, *_measured(site, size)]


@contextlib.contextmanager
def _large_folder() -> Iterator[str]:
    if FILLED:
        yield FILLED
        return
    with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder:
        yield folder


def _filled(site: Site, size: str) -> Figure:
    began = time.monotonic()
    _python(site, str(BASE_DIR / "manage.py"), "seed_scale", "--people", str(LARGE))
    return Figure(f"{size}: filling the running site", time.monotonic() - began, "s", "≤ 180 s")


def _measured(site: Site, size: str) -> list[Figure]:
    time.sleep(REST_SECONDS)
    memory = sum(memory_of(site.family()).values())
    at_rest = Figure(f"{size}: memory of all processes at rest (Pss)", memory, "MB", "≤ 450 MB")
    asked = json.loads(_python(site, "-m", "tests.bench.inside").splitlines()[-1])
    figures = [at_rest]
    cookies: dict[str, str] = {}
    rates: dict[str, float] = {}
    for page in asked["pages"]:
        account, name = page["account"], page["name"]
        cookies[account] = cookies.get(account) or _cookie(site, account)
        load = Asked(site, f"{size}: {name}", quote(page["path"], safe="/?=&"), cookies[account])
        rates[name], found = _page(load)
        figures += [*found, Figure(f"{load.name}, queries", page["queries"], "", "≤ 8")]
    home = Asked(site, f"{size}: home of a learner", "/", cookies["learner"])
    return [*figures, *_beside_streams(home, rates["home of a learner"], asked["tokens"])]


@dataclass(frozen=True)
class Asked:
    site: Site
    name: str
    path: str
    cookie: str

    def load(self, *, seconds: float = SECONDS, **more: Any) -> dict[str, Any]:
        """What tests.bench.load measured; raises RuntimeError for an answer that is no page."""
        words = {
            "port": self.site.port,
            "path": self.path,
            "cookie": self.cookie,
            "rate": 0,
            "seconds": seconds,
        }
        made = subprocess.run(
            [sys.executable, "-m", "tests.bench.load"],
            input=json.dumps(words | more),
            capture_output=True,
            text=True,
            check=True,
            cwd=BASE_DIR,
        )
        answers: dict[str, Any] = json.loads(made.stdout)
        if answers["faults"]:
            raise RuntimeError(
                f"{self.name}: {len(answers['faults'])} answers such as {answers['faults'][0]}"
            )
        return answers


def _page(asked: Asked) -> tuple[float, list[Figure]]:
    """The rate that is sustained, and the figures."""
    asked.load(seconds=WARM_UP, connections=8)
    alone = asked.load(seconds=SECONDS / 2, connections=1)
    before = _cpu_seconds(asked.site)
    busy = asked.load(connections=8)
    core_seconds = _cpu_seconds(asked.site) - before
    most = len(busy["times"]) / busy["took"]
    rate, answers = _sustained(asked, most)
    return rate, [
        Figure(f"{asked.name}, one reader at a time, p95", _p95(alone), "ms", f"≤ {GOAL_MS} ms"),
        Figure(f"{asked.name}, one reader at a time, p50", 1000 * statistics.median(alone["times"]), "ms"),
        Figure(
            f"{asked.name}, pages for one second of a core, all processes",
            len(busy["times"]) / core_seconds,
            "",
        ),
        Figure(f"{asked.name}, pages a second at most, one web process", most, "/s"),
        Figure(f"{asked.name}, highest rate with p95 ≤ {GOAL_MS} ms", rate, "/s", f"{RATE}/s"),
        Figure(
            f"{asked.name}, p95 at {'that' if rate else 'the lowest'} rate",
            _p95(answers),
            "ms",
            f"≤ {GOAL_MS} ms",
        ),
    ]


def _sustained(asked: Asked, most: float) -> tuple[float, dict[str, Any]]:
    """The highest rate that keeps the goal, with its answers; where none does, the lowest one that was tried, as 0."""
    answers: dict[str, Any] = {}
    for rate in dict.fromkeys(min(RATE, round(share * most, 1)) for share in _SHARES):
        answers = asked.load(rate=rate)
        if not answers["left"] and _p95(answers) <= GOAL_MS:
            return rate, answers
    return 0.0, answers


def _beside_streams(home: Asked, rate: float, tokens: list[str]) -> list[Figure]:
    beside = home.load(rate=rate or 1, tokens=tokens)
    name = f"{home.name} at {rate:g}/s beside {len(tokens)} streams"
    return [
        Figure(f"{name}, p95", _p95(beside), "ms", f"≤ {GOAL_MS} ms"),
        Figure(f"{name}, streams that stayed open", beside["streams"], "", str(len(tokens))),
    ]


def _p95(answers: dict[str, Any]) -> float:
    """In milliseconds, by the nearest rank; an answer that never came is worse than any."""
    times = sorted(answers["times"])
    return 1000 * float(times[math.ceil(0.95 * len(times)) - 1]) if times else math.inf


def _cpu_seconds(site: Site) -> float:
    seconds = 0.0
    for pid in site.family():
        with contextlib.suppress(psutil.NoSuchProcess):
            used = psutil.Process(pid).cpu_times()
            seconds += used.user + used.system
    return seconds


def _cookie(site: Site, account: str) -> str:
    visitor = smoke.Visitor(site.url)
    visitor.log_in(account, demo_password())
    return visitor.cookie


def _python(site: Site, *arguments: str) -> str:
    """A command on the running site's database."""
    settings = {**site.environment, "MARU_UP": "1"}
    made = subprocess.run(
        [sys.executable, *arguments],
        env=settings,
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return made.stdout
