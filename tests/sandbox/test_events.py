"""What a listener hears, and that nothing is left whatever way a job ends."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox import Job, Result, SandboxFault, run
from tests.sandbox.conftest import RunCells, text_of

PROJECT = Path(__file__).parents[2]


def processes_of(environment: str) -> list[bytes]:
    """Everything that names this environment in its command line, inside a sandbox or around it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_bytes())
    return [words for words in found if environment.encode() in words]


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@pytest.fixture
def environment(environment: str, tmp_path: Path) -> str:
    """The same under a name of the test's own, by which its processes are known."""
    own = tmp_path / "environment"
    own.symlink_to(environment)
    return str(own)


@pytest.fixture
def nothing_left(
    environment: str, start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """No process, thread, descriptor, mount or temporary file more than before."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def state() -> tuple[int, int, str, list[Path]]:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
        return (
            len(list(Path("/proc/self/fd").iterdir())),
            threading.active_count(),
            mounts,
            sorted(tmp_path.iterdir()),
        )

    before, ready = state(), len(processes_of(environment))
    yield
    assert len(processes_of(environment)) == ready
    descriptors, threads, *rest = state()
    assert (descriptors <= before[0], threads <= before[1], rest) == (True, True, list(before[2:]))


def test_events_tell_the_run_as_it_happens(run_cells: RunCells, nothing_left: None) -> None:
    heard: list[tuple[float, dict[str, Any]]] = []
    began = time.monotonic()
    run_cells(
        "import time\nprint('first'); time.sleep(0.8); print('second')",
        "1/0",
        on_event=lambda event: heard.append((time.monotonic() - began, event)),
    )
    told = [event for _, event in heard if event["type"] != "tick"]
    assert told[0] == {"type": "started"}
    assert told[1] == {"type": "cell", "index": 0, "of": 2, "status": "running"}
    streams = [(moment, event) for moment, event in heard if event["type"] == "stream"]
    assert "".join(event["text"] for _, event in streams) == "first\nsecond\n"
    assert streams[-1][0] - streams[0][0] > 0.5  # live, not at the end
    ended = [event for event in told if event["type"] == "cell" and event["status"] != "running"]
    assert [(event["index"], event["status"]) for event in ended] == [(0, "ok"), (1, "error")]
    assert ended[0]["seconds"] >= 0.8
    moments = [moment for moment, _ in heard]
    assert max(b - a for a, b in pairwise(moments)) < 0.35


def test_a_slow_listener_costs_the_program_nothing(run_cells: RunCells) -> None:
    def listen(event: dict[str, Any]) -> None:
        if event["type"] == "tick":
            time.sleep(1.2)

    result = run_cells(
        "import time; time.sleep(0.5)", *["time.sleep(0.3)"] * 4, on_event=listen, cell_seconds=0.8
    )
    assert [cell.status for cell in result.cells] == ["ok"] * 5
    assert all(cell.seconds < 0.8 for cell in result.cells)


def test_what_a_listener_raises_ends_the_job_and_comes_out(run_cells: RunCells, nothing_left: None) -> None:
    class LeaseLostError(Exception):
        pass

    def listen(event: dict[str, Any]) -> None:
        if event["type"] == "tick":
            raise LeaseLostError

    began = time.monotonic()
    with pytest.raises(LeaseLostError):
        run_cells("import os, time\nos.fork()\ntime.sleep(30)", on_event=listen)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "program",
    [
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n    time.sleep(600)",
        "import os; os._exit(1)",
        "while True: pass",
    ],
)
def test_nothing_is_left_after_any_end(run_cells: RunCells, nothing_left: None, program: str) -> None:
    run_cells(program, cell_seconds=0.3)


def test_jobs_run_at_once_in_threads(run_cells: RunCells, nothing_left: None) -> None:
    results: dict[int, Result] = {}

    def work(number: int) -> None:
        results[number] = run_cells(f"import time; time.sleep(0.5); print({number})")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: text_of(result.cells[0]) for number, result in results.items()} == {
        number: f"{number}\n" for number in range(4)
    }
    assert time.monotonic() - began < 5


def test_kill_minus_nine_of_the_caller_takes_the_sandbox_along(environment: str, start: str) -> None:
    ready = len(processes_of(environment))
    program = (
        "from sandbox import Job, run\n"
        f"run(Job({environment!r}, ('import time; time.sleep(60)',)), on_event=lambda e: print(e, flush=True))"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE) as caller:
        assert caller.stdout
        while b"running" not in caller.stdout.readline():
            pass
        assert len(processes_of(environment)) > ready
        caller.send_signal(signal.SIGKILL)
    assert wait_until(lambda: len(processes_of(environment)) == ready)


def test_a_missing_or_broken_environment_is_the_platforms_fault(
    tmp_path: Path, environment: str, start: str
) -> None:
    with pytest.raises(SandboxFault, match="not built"):
        run(Job(str(tmp_path / "nowhere"), ("1",)))
    broken = tmp_path / "broken"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", broken], check=True)
    tmp_path.chmod(0o755)
    with pytest.raises(SandboxFault, match="IPython"):
        run(Job(str(broken), ("1",)))
