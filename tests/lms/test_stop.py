from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lms.places import BASE_DIR
from lms.sitetest import Site, free_port, left_processes


@pytest.mark.site
@pytest.mark.parametrize(("wanted", "limit"), [(signal.SIGINT, 5), (signal.SIGKILL, 8)])
def test_nothing_is_left_of_a_stopped_site(tmp_path: Path, wanted: signal.Signals, limit: float) -> None:
    with Site(tmp_path) as site:
        family = site.family()
        assert len(family) >= 7
        began = time.monotonic()
        site.process.send_signal(wanted)
        while left := left_processes(tmp_path, family):
            assert time.monotonic() - began < limit, left
            time.sleep(0.05)


@pytest.mark.site
def test_a_stop_in_the_middle_of_the_start_is_obeyed_by_all(tmp_path: Path) -> None:
    """The web loads its code while the tables are made, and has nothing to finish."""
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(free_port())}
    command = [sys.executable, str(BASE_DIR / "manage.py"), "up"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as starting:
        assert starting.stdout
        for line in starting.stdout:
            if "ready to accept connections" in line:
                break
        while not any("granian" in words for words in left_processes(tmp_path, {}).values()):
            time.sleep(0.05)
        began = time.monotonic()
        starting.send_signal(signal.SIGINT)
        rest = starting.stdout.read()
        assert time.monotonic() - began < 5
    assert (starting.returncode, "the site answers" in rest, "Killing" in rest) == (0, False, False)
    assert left_processes(tmp_path, {}) == {}
