"""Long work on real workers that end in the middle of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from lms import places
from records import longjobs
from records.longjobs import queue
from records.models import LongJob
from tests.records import steps

pytestmark = pytest.mark.django_db(transaction=True)
State = LongJob.State
LEASE = 2


def wait_until(is_so: Callable[[], object], seconds: float = 30) -> float:
    """How long it took; meanwhile this is the dispatcher."""
    began = time.monotonic()
    turn = 0.0
    while not is_so():
        assert time.monotonic() - began < seconds
        if time.monotonic() - turn > 1:
            turn = time.monotonic()
            queue.dispatch()
        time.sleep(0.05)
    return time.monotonic() - began


@contextlib.contextmanager
def worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of its own, on this test's database."""
    ready = folder / f"ready-{time.monotonic_ns()}"
    sockets = places.postgres_sockets(settings.DATA_DIR)
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://maru@/{connection.settings_dict['NAME']}?host={sockets}",
        "REDIS_URL": settings.REDIS_URL,
        "DATA_DIR": str(settings.DATA_DIR),
        "LEASE_SECONDS": str(LEASE),
        "READY_FILE": str(ready),
    }
    command = [
        *(sys.executable, "-m", "celery", "--quiet", "-A", "lms", "worker", "--pool", "threads"),
        *("--concurrency", "2", "-Q", queue.QUEUE, "--include", "tests.records.steps"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)
    try:
        wait_until(ready.exists)
        yield process
    finally:
        process.kill()
        process.wait()
        connection.close()


def taken(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def start(file: Path, kind: str = steps.KIND, **params: object) -> LongJob:
    params = {"steps": 60, "seconds": 0.15, "file": str(file), **params}
    return longjobs.start_job(kind, by=None, params=params)


def test_after_kill_9_another_worker_goes_on_from_the_checkpoint(tmp_path: Path) -> None:
    file = tmp_path / "steps"
    with worker(tmp_path) as first:
        # However long the other worker takes to be there, the first one is in the middle when it is killed.
        job = start(file, pause_at=9, until=str(tmp_path / "goes on"))
        wait_until(lambda: len(taken(file)) > 4)
        with worker(tmp_path):
            first.kill()
            first.wait()
            (tmp_path / "goes on").touch()
            killed_at = len(taken(file))
            assert killed_at < 60
            assert wait_until(lambda: len(taken(file)) > killed_at) < LEASE + 6
            wait_until(lambda: LongJob.objects.get().state == State.DONE)
    job.refresh_from_db()
    assert (job.faults, job.attempts, job.done) == (1, 2, 60)
    assert sorted(set(taken(file))) == list(range(60))
    assert len(taken(file)) <= 61  # of a step that was not stored, one at most is done twice


def test_sigterm_gives_the_job_back_at_once_and_counts_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "steps"
    with worker(tmp_path) as first:
        job = start(file)
        wait_until(lambda: len(taken(file)) > 2)
        first.terminate()
        assert wait_until(lambda: LongJob.objects.get().state == State.QUEUED) < 1.5
        first.wait(10)
    job.refresh_from_db()
    assert (job.faults, job.checkpoint, job.done) == (0, len(taken(file)), len(taken(file)))


def test_a_step_that_outlasts_the_process_gives_the_job_back_too(tmp_path: Path) -> None:
    file = tmp_path / "steps"
    with worker(tmp_path) as first:
        job = start(file, "tests.hang")
        wait_until(lambda: taken(file))
        began = time.monotonic()
        first.terminate()
        first.wait(10)
        assert time.monotonic() - began < 4.5
    job.refresh_from_db()
    assert (job.state, job.faults) == (State.QUEUED, 0)


def test_a_running_job_is_cancelled_from_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "steps"
    with worker(tmp_path):
        job = start(file)
        wait_until(lambda: len(taken(file)) > 2)
        longjobs.cancel_job(job, by=None)
        assert wait_until(lambda: LongJob.objects.get().state == State.CANCELLED) < 2
