"""`make attacks`: every attack with its verdict, a line each, and their sum as the last line."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.attacks.catalogue import ATTACKS, FORGING

TESTS = Path(__file__).parents[1]


class Verdicts:
    """How each attack's tests ended. A skipped test contains nothing."""

    def __init__(self) -> None:
        self._attacks_of: dict[str, list[str]] = {}
        self._passed: dict[str, list[bool]] = defaultdict(list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for marker in item.iter_markers("attack"):
                self._attacks_of.setdefault(item.nodeid, []).extend(marker.args)
        unknown = {name for names in self._attacks_of.values() for name in names} - set(ATTACKS)
        if unknown:
            raise pytest.UsageError(f"not in tests/attacks/catalogue.py: {', '.join(sorted(unknown))}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            for name in self._attacks_of.get(report.nodeid, ()):
                self._passed[name].append(report.passed)

    def is_contained(self, name: str) -> bool:
        return bool(self._passed[name]) and all(self._passed[name])

    def line(self, name: str) -> str:
        word = "contained" if self.is_contained(name) else "OPEN     "
        return f"{word}  {name}: {sum(self._passed[name])} of {len(self._passed[name])} tests"


def main() -> int:
    os.environ["CI"] = "1"  # a machine that cannot isolate fails instead of skipping
    verdicts = Verdicts()
    options = ["-q", "--no-header", "-n", "0", "-p", "no:warnings", "-m", "attack", str(TESTS)]
    status = pytest.main(options, plugins=[verdicts])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        return int(status)
    for name in ATTACKS:
        print(verdicts.line(name))
    contained = [name for name in ATTACKS if verdicts.is_contained(name)]
    forged = [name for name in FORGING if name not in contained]
    print(f"attacks: contained {len(contained)} of {len(ATTACKS)}, forged {len(forged)}")
    return int(len(contained) < len(ATTACKS))


if __name__ == "__main__":
    sys.exit(main())
