"""`make bench`, or `make bench BENCH=grading` for one of them."""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
django.setup()

from tests.bench import grading, pages, setup, site  # noqa: E402 - models need a configured Django
from tests.bench.figures import Figure  # noqa: E402

ROOT = Path(__file__).parents[2]
JSON, TABLE = ROOT / "docs" / "performance.json", ROOT / "docs" / "performance.md"
BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "setup": setup.measure,
    "site": site.measure,
    "grading": grading.measure,
    "pages": pages.measure,
}


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores (shared with other work), {memory:.0f} GiB, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, {'root' if os.geteuid() == 0 else 'ordinary user'}"
    )


def main(names: list[str]) -> int:
    """Run the named benchmarks (all without names); figures of the others stay as they were."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        print(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    kept = json.loads(JSON.read_bytes()) if JSON.exists() else []
    for name in names or BENCHMARKS:
        print(f"bench: {name}", flush=True)
        stamp = {"machine": machine(), "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat()}
        rows = [figure.as_row() | stamp | {"benchmark": name} for figure in BENCHMARKS[name]()]
        kept = [row for row in kept if row["benchmark"] != name] + rows
        for row in rows:
            print(f"  {row['name']}: {row['value']:g} {row['unit']}  (goal {row['goal'] or '–'})", flush=True)
    JSON.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    TABLE.write_text(_table(kept))
    return 0


def _table(rows: list[dict[str, str]]) -> str:
    lines = [
        "# Performance",
        "Written by `make bench`; ratios within one table come from one run. Medians unless a row says otherwise.",
    ]
    for name in BENCHMARKS:
        mine = [row for row in rows if row["benchmark"] == name]
        if mine:
            lines += ["", f"## {name}", f"{mine[0]['machine']}; {mine[0]['date']}", ""]
            lines += ["| what | value | goal |", "|---|---|---|"]
            lines += [
                f"| {row['name']} | {row['value']:g} {row['unit']} | {row['goal'] or '–'} |" for row in mine
            ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
