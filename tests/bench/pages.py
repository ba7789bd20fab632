"""Pages at 600 and at 200,000 people: answers at a constant rate, queries, beside 200 open streams, memory at rest.

BENCH_PEOPLE=20000 makes the large site smaller, for a quick look.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lms import smoke
from lms.places import BASE_DIR
from lms.sitetest import Site
from people.demo import demo_password
from tests.bench.figures import Figure
from tests.bench.site import REST_SECONDS, memory_of

RATE, SECONDS, WARM_UP = 100, 8, 2
# The large one beside the sample group, whose accounts log in.
LARGE = int(os.environ.get("BENCH_PEOPLE", "200000"))


def measure() -> list[Figure]:
    return [*_measured(0), *_measured(LARGE)]


def _measured(more_people: int) -> list[Figure]:
    size = f"{more_people or 600:,} people"
    figures = []
    with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder, Site(Path(folder), "--demo") as site:
        if more_people:
            began = time.monotonic()
            _python(site, str(BASE_DIR / "manage.py"), "seed_scale", "--people", str(more_people))
            filled = time.monotonic() - began
            figures.append(Figure(f"{size}: filling the running site", filled, "s", "≤ 180 s"))
        time.sleep(REST_SECONDS)
        memory = sum(memory_of(site.family()).values())
        figures.append(Figure(f"{size}: memory of all processes at rest (Pss)", memory, "MB", "≤ 450 MB"))
        figures += _pages(site, size)
    return figures


def _pages(site: Site, size: str) -> list[Figure]:
    asked = json.loads(_python(site, "-m", "tests.bench.inside").splitlines()[-1])
    figures = []
    cookies: dict[str, str] = {}
    for page in asked["pages"]:
        if not page["path"]:
            print(f"  skipped, there is no such page yet: {page['name']}", flush=True)
            continue
        account = page["account"]
        cookies[account] = cookies.get(account) or _cookie(site, account)
        path = quote(page["path"], safe="/?=&")
        _load(site, path, cookies[account], WARM_UP, [])
        figures += _figures(f"{size}: {page['name']}", _load(site, path, cookies[account], SECONDS, []))
        figures.append(Figure(f"{size}: {page['name']}, queries", page["queries"], "", "≤ 8"))
    beside = _load(site, "/", cookies["learner"], SECONDS, asked["tokens"])
    streams = Figure(f"{size}: streams that stayed open beside", beside["streams"], "", "200")
    return [
        *figures,
        *_figures(f"{size}: home of a learner beside {len(asked['tokens'])} streams", beside),
        streams,
    ]


def _figures(name: str, answers: dict[str, Any]) -> list[Figure]:
    if answers["faults"]:
        raise RuntimeError(f"{name}: {len(answers['faults'])} answers such as {answers['faults'][0]}")
    times = sorted(1000 * seconds for seconds in answers["times"])
    cuts = statistics.quantiles(times, n=100)
    return [
        Figure(f"{name}, p95 at {RATE}/s", cuts[94], "ms", "≤ 150 ms"),
        Figure(f"{name}, p50", cuts[49], "ms"),
        Figure(f"{name}, mean", statistics.fmean(times), "ms"),
    ]


def _load(site: Site, path: str, cookie: str, seconds: float, tokens: list[str]) -> dict[str, Any]:
    asked = {
        "port": site.port, "path": path, "cookie": cookie, "rate": RATE, "seconds": seconds, "tokens": tokens,
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.bench.load"]
    made = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, check=True, cwd=BASE_DIR
    )
    answers: dict[str, Any] = json.loads(made.stdout)
    return answers


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
