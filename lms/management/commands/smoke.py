from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms import smoke
from lms.places import BASE_DIR
from people.demo import demo_password
from sandbox import probe

NOTEBOOK = "01-look-at-data"
CANNOT_ISOLATE = 3


class Command(BaseCommand):
    help = (
        "Start the site on a temporary folder, submit the sample notebook as a learner, and read the grade."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="do not show the processes' logs")

    def handle(self, *args: Any, quiet: bool, **options: Any) -> None:
        layers = probe.probe()
        if not probe.can_isolate(layers):
            faults = [f"{layer.name}: {layer.found} {layer.cure}" for layer in layers if not layer.holds]
            self.stderr.write("\n".join(["smoke: this machine cannot isolate exercises.", *faults]))
            raise SystemExit(CANNOT_ISOLATE)
        with (
            tempfile.TemporaryDirectory(prefix="maru-smoke-") as folder,
            running_site(Path(folder), quiet=quiet) as address,
        ):
            visitor = smoke.Visitor(address)
            visitor.log_in("learner", demo_password())
            source = next((BASE_DIR / "courses/samples" / smoke.COURSE / NOTEBOOK).glob("*.ipynb"))
            answers = smoke.reference_answers(source)
            key = smoke.unit_key(source)
            unanswered = smoke.submit_and_wait(visitor, key=key, answers={})  # the worker may still be starting
            graded = smoke.submit_and_wait(visitor, key=key, answers=answers)
        if unanswered.score:
            self.stderr.write(f"smoke: an unanswered notebook earned {unanswered}")
            raise SystemExit(1)
        if graded.score != graded.max_score or graded.percent == 0:
            self.stderr.write(f"smoke: the reference answers earned {graded}")
            raise SystemExit(1)
        self.stdout.write(
            f"smoke: ok score {graded.score:g}/{graded.max_score:g}, {graded.seconds:.2f} s from click to grade, "
            f"cold sandbox, mode {graded.mode}, course at {graded.percent} %"
        )


@contextlib.contextmanager
def running_site(
    folder: Path, *, quiet: bool = False, settings: Mapping[str, str] | None = None
) -> Iterator[str]:
    """`manage.py up` with the sample group in `folder` on a free port; yields its address.

    `settings` are environment variables of the site.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, **(settings or {}), "DATA_DIR": str(folder), "PORT": str(port)}
    command = [sys.executable, str(BASE_DIR / "manage.py"), "up", "--demo"]
    site = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL if quiet else None)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/readyz", site)
        yield address
    finally:
        site.send_signal(signal.SIGTERM)
        site.wait(timeout=15)


def _wait_for(url: str, site: subprocess.Popen[bytes], timeout: float = 90) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if site.poll() is not None:
            raise smoke.SmokeFailed(f"the site ended with status {site.returncode} before it answered")
        with contextlib.suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    raise smoke.SmokeFailed(f"{url} did not answer within {timeout:g} s")
