from __future__ import annotations

import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from lms.sitetest import Site, left_processes

_STOP_SECONDS, _KILL_SECONDS = 5.0, 8.0


class Command(BaseCommand):
    help = "Start the site twice on a temporary folder; stop it by SIGTERM, then by kill -9: nothing may be left."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        del args, options
        with tempfile.TemporaryDirectory(prefix="maru-stop-") as folder:
            stopped = self._try(Path(folder), signal.SIGTERM, _STOP_SECONDS)
            killed = self._try(Path(folder), signal.SIGKILL, _KILL_SECONDS)
        self.stdout.write(f"stop-test: ok SIGTERM {stopped:.1f} s, kill -9 {killed:.1f} s, 0 processes left")

    def _try(self, data: Path, wanted: signal.Signals, limit: float) -> float:
        with Site(data) as site:
            family = site.family()
            self.stdout.write(
                f"stop-test: started in {site.seconds:.1f} s, {len(family)} processes; {wanted.name}"
            )
            began = time.monotonic()
            site.process.send_signal(wanted)
            site.process.wait(limit + 5)
            while (left := left_processes(data, family)) and time.monotonic() - began < limit:
                time.sleep(0.05)
            seconds = time.monotonic() - began
        if left or seconds > limit:
            self.stderr.write(f"stop-test: after {seconds:.1f} s {len(left)} processes are left: {left}")
            raise SystemExit(1)
        return seconds
