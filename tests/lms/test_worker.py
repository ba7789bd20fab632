from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from kombu.exceptions import OperationalError

from lms.celery import app


def wait_for(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path.name} did not come")


def test_a_worker_ends_within_four_seconds_whatever_it_runs(stores: Path, tmp_path: Path) -> None:
    queue = uuid.uuid4().hex
    environment = {
        **os.environ,
        "REDIS_URL": settings.REDIS_URL,
        "DATA_DIR": str(stores),
        "READY_FILE": str(tmp_path / "ready"),
        "SLEEP_MARK": str(tmp_path / "sleeping"),
    }
    command = [
        *(sys.executable, "-m", "celery", "--quiet", "-A", "lms", "worker", "--pool", "threads"),
        *("--concurrency", "1", "-Q", queue, "--include", "tests.lms.slow_task"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    worker = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)
    try:
        wait_for(tmp_path / "ready")
        app.send_task("tests.sleep", args=[30], queue=queue)
        wait_for(tmp_path / "sleeping")
        began = time.monotonic()
        worker.terminate()
        worker.wait(10)
        assert time.monotonic() - began < 4
    finally:
        worker.kill()
        worker.wait()


def test_a_hint_to_a_broker_that_is_away_costs_no_time() -> None:
    began = time.monotonic()
    with (
        app.connection_for_write("redis+socket:///nonexistent/valkey.sock") as connection,
        pytest.raises(OperationalError),
    ):
        app.send_task("tests.sleep", args=[0], connection=connection)
    assert time.monotonic() - began < 0.5
