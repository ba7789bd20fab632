"""Real sandboxes. Where the machine cannot isolate the tests skip with one line; under CI they fail."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sandbox
from sandbox import CellResult, Job, Limits, Result, warm
from sandbox.probe import can_isolate, probe

RunCells = Callable[..., Result]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "environment" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.sandbox)


@pytest.fixture(scope="session")
def environment() -> str:
    path = str(sandbox.build("base").path)
    layers = probe()
    if can_isolate(layers):
        return path
    reason = "; ".join(f"{layer.name}: {layer.found}" for layer in layers if not layer.holds)
    if os.environ.get("CI"):
        pytest.fail(f"This machine cannot isolate: {reason}")
    pytest.skip(f"this machine cannot isolate: {reason}")


@contextlib.contextmanager
def running_daemon(*options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The socket of a daemon of the tests' own, in a folder with a short path, and its process."""
    with tempfile.TemporaryDirectory(prefix="sandboxes-") as folder:
        path = Path(folder, "socket")
        words = [sys.executable, "-m", "sandbox", "serve", "--socket", str(path), *options]
        with subprocess.Popen(words, cwd=Path(__file__).parents[2]) as process:
            until = time.monotonic() + 20
            while not path.exists() and time.monotonic() < until:
                time.sleep(0.02)
            try:
                yield str(path), process
            finally:
                process.terminate()


@pytest.fixture(scope="session")
def daemon() -> Iterator[str]:
    with running_daemon("--memory-mb", "800") as (path, _process):
        yield path


@pytest.fixture
def always_warm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of what is built on sandboxes, where it makes no difference how they start: as on a site."""
    if request.node.get_closest_marker("sandbox"):
        monkeypatch.setenv(warm.VARIABLE, request.getfixturevalue("daemon"))


@pytest.fixture(params=["cold", "warm"])
def start(
    request: pytest.FixtureRequest, environment: str, daemon: str, monkeypatch: pytest.MonkeyPatch
) -> str:
    """How the test's sandboxes start; every outcome is the same."""
    how: str = request.param
    if how == "warm":
        monkeypatch.setenv(warm.VARIABLE, daemon)
        assert warm.prepare(environment, wait=60), warm.state()
    else:
        monkeypatch.delenv(warm.VARIABLE, raising=False)
    return how


@pytest.fixture
def run_cells(environment: str, start: str) -> RunCells:
    """Runs the given cells with limits small enough for a test."""

    def run(*cells: str, **options: Any) -> Result:
        on_event = options.pop("on_event", None)
        files = options.pop("files", {})
        simulator = options.pop("simulator", False)
        limits = Limits(**{"seconds": 20.0, "cell_seconds": 10.0, "memory_mb": 512, **options})
        if start == "warm":
            assert warm.prepare(environment, simulator=simulator, wait=60), warm.state()
        result = sandbox.run(Job(environment, cells, files, simulator, limits), on_event=on_event)
        assert result.start == start
        return result

    return run


@pytest.fixture
def printed(run_cells: RunCells) -> Callable[..., str]:
    """What the one cell prints on standard output; it must not fail."""

    def run(cell: str, **options: Any) -> str:
        result = run_cells(cell, **options)
        assert result.status == "done", result.detail
        assert result.cells[0].status == "ok", result.cells[0].outputs
        return text_of(result.cells[0])

    return run


def text_of(cell: CellResult, name: str = "stdout") -> str:
    return "".join(output["text"] for output in cell.outputs if output.get("name") == name)


def error_of(cell: CellResult) -> str:
    """Name and value of the cell's error."""
    return next(f"{o['ename']}: {o['evalue']}" for o in cell.outputs if o["output_type"] == "error")
