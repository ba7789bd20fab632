from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from lms.sitetest import Site, left_processes


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
