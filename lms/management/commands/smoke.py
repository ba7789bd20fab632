from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lms import places, smoke
from lms.sitetest import Site
from people.demo import demo_password
from sandbox import environments, probe, warm

CANNOT_ISOLATE = 3
_WARM_SECONDS = 30.0


class Command(BaseCommand):
    help = (
        "Start the site on a temporary folder, submit the sample notebook as a learner, and read the grade."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        layers = probe.probe()
        if not probe.can_isolate(layers):
            faults = [f"{layer.name}: {layer.found} {layer.cure}" for layer in layers if not layer.holds]
            self.stderr.write("\n".join(["smoke: this machine cannot isolate exercises.", *faults]))
            raise SystemExit(CANNOT_ISOLATE)
        try:
            with (
                tempfile.TemporaryDirectory(prefix="maru-smoke-") as folder,
                Site(Path(folder), "--demo") as site,
            ):
                self.stdout.write(f"smoke: the site is up after {site.seconds:.1f} s")
                self._wait_until_warm(site)
                graded = self._submit(smoke.Visitor(site.url))
        except (smoke.SmokeFailed, RuntimeError) as error:
            raise CommandError(f"smoke: {error}") from error
        self.stdout.write(
            f"smoke: ok score {graded.score:g}/{graded.max_score:g}, {graded.seconds:.2f} s from click to grade, "
            f"{graded.start} sandbox, mode {graded.mode}, course at {graded.percent} %"
        )

    def _wait_until_warm(self, site: Site) -> None:
        """A learner would not wait: until it is warm, submissions are graded from a cold start."""
        os.environ[warm.VARIABLE] = str(places.sandbox_socket(site.data))
        began = time.monotonic()
        if warm.prepare(str(environments.find("base").path), wait=_WARM_SECONDS):
            self.stdout.write(f"smoke: a sandbox stands ready after {time.monotonic() - began:.1f} s more")
        else:
            self.stdout.write(f"smoke: sandboxes start cold: {warm.state()}")

    @staticmethod
    def _submit(visitor: smoke.Visitor) -> smoke.Graded:
        """An unanswered notebook earns nothing, the reference answers everything; raises SmokeFailed otherwise."""
        visitor.log_in("learner2", demo_password())  # has not begun yet
        key = smoke.unit_key(smoke.NOTEBOOK)
        unanswered = smoke.submit_and_wait(visitor, key=key, answers={})
        graded = smoke.submit_and_wait(visitor, key=key, answers=smoke.reference_answers(smoke.NOTEBOOK))
        if unanswered.score:
            raise smoke.SmokeFailed(f"an unanswered notebook earned {unanswered}")
        if graded.score != graded.max_score or graded.percent == 0:
            raise smoke.SmokeFailed(f"the reference answers earned {graded}")
        return graded
