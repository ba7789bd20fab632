"""Runs the tests that bear a marker, and says for each thing that the markers name whether all of its tests passed."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest


class Verdicts:
    """How the tests of each name ended. A name without a test, or with a skipped one, is not proven."""

    def __init__(self, marker: str, names: Sequence[str]) -> None:
        self._marker = marker
        self._known = names
        self._names_of: dict[str, list[str]] = {}
        self._passed: dict[str, list[bool]] = defaultdict(list)

    def run(self) -> int:
        """Pytest's status; on a machine that cannot isolate the tests fail instead of being skipped."""
        os.environ["CI"] = "1"
        options = ["-q", "--no-header", "-n", "0", "-p", "no:warnings", "-m", self._marker]
        return int(pytest.main([*options, str(Path(__file__).parent)], plugins=[self]))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for marker in item.iter_markers(self._marker):
                self._names_of.setdefault(item.nodeid, []).extend(marker.args)
        unknown = {name for names in self._names_of.values() for name in names} - set(self._known)
        if unknown:
            raise pytest.UsageError(f"not in the catalogue: {', '.join(sorted(unknown))}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            for name in self._names_of.get(report.nodeid, ()):
                self._passed[name].append(report.passed)

    def is_proven(self, name: str) -> bool:
        return bool(self._passed[name]) and all(self._passed[name])

    def line(self, name: str, proven: str, otherwise: str) -> str:
        word = proven if self.is_proven(name) else otherwise
        return f"{word:<10} {name}: {sum(self._passed[name])} of {len(self._passed[name])} tests"
