"""The daemon: what stands ready is respawned, given up and told of, and its death loses no job."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sandbox
from sandbox import Job, Limits, Result, SandboxFault, warm
from tests.sandbox.conftest import running_daemon, text_of

LIMITS = Limits(seconds=20, cell_seconds=10, memory_mb=512)
SLEEP = "import time; print('on', flush=True); time.sleep(15)"


@pytest.fixture
def own(environment: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that may be killed, ready for the environment, with hardly any memory to keep what is idle."""
    with running_daemon("--memory-mb", "1") as (path, process):
        monkeypatch.setenv(warm.VARIABLE, path)
        assert warm.prepare(environment, wait=60), warm.state()
        yield process


@pytest.fixture
def shared(environment: str, daemon: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The socket of the daemon of all tests, ready for the environment."""
    monkeypatch.setenv(warm.VARIABLE, daemon)
    assert warm.prepare(environment, wait=60), warm.state()
    return daemon


def facts() -> list[dict[str, Any]]:
    zygotes: list[dict[str, Any]] = warm.state()["zygotes"]
    return zygotes


def run(environment: str, *cells: str, **options: Any) -> Result:
    return sandbox.run(Job(environment, cells, limits=LIMITS), **options)


def killing(kill: Callable[[], None]) -> Callable[[dict[str, Any]], None]:
    def listen(event: dict[str, Any]) -> None:
        if event["type"] == "stream":
            kill()

    return listen


def test_a_job_whose_origin_is_killed_is_the_platforms_fault_and_the_next_one_runs(
    environment: str, own: subprocess.Popen[bytes]
) -> None:
    first = facts()[0]["pid"]
    with pytest.raises(SandboxFault, match="gone"):
        run(environment, SLEEP, on_event=killing(lambda: os.kill(first, signal.SIGKILL)))
    assert run(environment, "1").status == "done"
    assert warm.prepare(environment, wait=60)
    again = facts()[0]
    assert (again["deaths"], again["pid"] == first) == (1, False)
    assert run(environment, "1").start == "warm"


def test_a_job_whose_daemon_is_killed_is_the_platforms_fault_and_the_next_one_starts_cold(
    environment: str, own: subprocess.Popen[bytes]
) -> None:
    ready = facts()[0]["pid"]
    with pytest.raises(SandboxFault, match="gone"):
        run(environment, SLEEP, on_event=killing(own.kill))
    assert run(environment, "1").start == "cold"
    assert "does not answer" in warm.state()["fault"]
    until = time.monotonic() + 5
    while Path(f"/proc/{ready}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{ready}").exists()


def test_a_daemon_that_is_told_to_stop_leaves_nothing(environment: str, own: subprocess.Popen[bytes]) -> None:
    ready, path = facts()[0]["pid"], Path(os.environ[warm.VARIABLE])
    own.terminate()
    assert own.wait(5) == 0
    assert not path.exists()
    assert not Path(f"/proc/{ready}").exists()


def test_beyond_the_budget_of_memory_the_one_used_longest_ago_goes(
    environment: str, own: subprocess.Popen[bytes]
) -> None:
    assert warm.prepare(environment, simulator=True, wait=60)
    assert [zygote["simulator"] for zygote in facts()] == [True]
    cold = run(environment, "1")
    assert (cold.start, cold.status) == ("cold", "done")  # and asked for it by that
    assert warm.prepare(environment, wait=60)
    assert run(environment, "1").start == "warm"


def test_what_nobody_uses_goes(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_daemon("--idle-seconds", "0.5") as (path, _process):
        monkeypatch.setenv(warm.VARIABLE, path)
        assert warm.prepare(environment, wait=60)
        pid = facts()[0]["pid"]
        until = time.monotonic() + 20
        while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert facts() == []


def test_what_cannot_stand_ready_says_why_and_is_not_tried_for_ever(tmp_path: Path, shared: str) -> None:
    assert not warm.prepare(str(tmp_path), wait=60)
    failed = next(zygote for zygote in facts() if zygote["environment"] == str(tmp_path))
    assert (failed["state"], "not built" in failed["why"]) == ("failed", True)


def test_only_its_own_user_reaches_the_socket(shared: str) -> None:
    path = Path(shared)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nonsense_on_the_socket_disturbs_nobody(environment: str, shared: str) -> None:
    for words in (b"", b"{}", b"nonsense", b'{"ask": "start"}', b"[" * 5000, b'{"ask": []}'):
        connection = warm._connect()  # noqa: SLF001 - to say what our own client never says
        assert connection
        with connection:
            connection.send(words)
    assert run(environment, "1").start == "warm"


def test_jobs_from_one_origin_draw_different_numbers_and_see_nothing_of_each_other(
    environment: str, shared: str
) -> None:
    draw = (
        "import os, random, numpy, time\nprint(random.random(), numpy.random.rand())\n"
        "master, _ = os.openpty(); os.write(master, b'x'); time.sleep(0.5)\n"
        "print(sorted(os.listdir('/dev/pts')), sorted(n for n in os.listdir('/proc') if n.isdigit()),"
        " os.listdir('/proc/1/fd'))"
    )
    results: list[Result] = []
    threads = [threading.Thread(target=lambda: results.append(run(environment, draw))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drawn = [text_of(result.cells[0]).splitlines() for result in results]
    numbers = [word for lines in drawn for word in lines[0].split()]
    assert len(set(numbers)) == 6
    assert {lines[1] for lines in drawn} == {"['0', 'ptmx'] ['1', '2'] []"}


def test_what_was_imported_beforehand_is_there_and_costs_the_job_nothing(
    environment: str, shared: str
) -> None:
    result = run(
        environment,
        "import sys; print('pandas' in sys.modules)",
        f"held = bytearray({(LIMITS.memory_mb - 60) << 20})",
    )
    assert (result.start, text_of(result.cells[0])) == ("warm", "True\n")
    assert [cell.status for cell in result.cells] == ["ok", "ok"], result.cells
