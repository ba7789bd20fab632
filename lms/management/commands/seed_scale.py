from __future__ import annotations

import logging
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lms.seed import scale
from lms.seed.group import RealSite, refuse_real_accounts
from people.models import OrganizationUnit
from records.longjobs import run_inline, start_job
from records.longjobs.terminal import JobIsHeld
from records.models import LongJob


class Command(BaseCommand):
    help = "Fill the site with a group of the real size, to measure on; goes on where it was interrupted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people", type=int, default=200_000)
        parser.add_argument("--affiliates", type=int, default=60)
        parser.add_argument("--courses", type=int, default=500)
        parser.add_argument("--rules", type=int, default=0, help="rules of required training")

    def handle(
        self, *args: Any, people: int, affiliates: int, courses: int, rules: int, **options: Any
    ) -> None:
        if rules:
            self.stdout.write("rules of required training come with that app; none was made")
        # A site that does not run has no broker, and nobody who watches.
        logging.getLogger("records.live").setLevel(logging.WARNING)
        began = time.monotonic()
        plan = scale.Plan(people=people, affiliates=affiliates, courses=courses)
        try:
            done = run_inline(self._job(plan))
        except JobIsHeld as reason:
            raise CommandError(f"{reason}. After a kill, wait half a minute.") from reason
        size = scale.Plan(**done.params)
        self.stdout.write(
            f"large group: {size.people:,} people, {size.affiliates} affiliates, {size.courses} courses "
            f"in {time.monotonic() - began:.0f} s"
        )

    @staticmethod
    def _job(plan: scale.Plan) -> LongJob:
        """The one that was interrupted, with the size it was given; else a new one."""
        open_job = LongJob.objects.unfinished().filter(kind=scale.KIND).first()
        if open_job is not None:
            return open_job
        if not 0 < plan.affiliates <= plan.people or plan.courses < 1:
            raise CommandError("at least one person in each affiliate and one course are needed")
        if OrganizationUnit.objects.filter(code=scale.code_of(0)).exists():
            raise CommandError("this site was filled before; take a fresh DATA_DIR for another size")
        try:
            refuse_real_accounts()
        except RealSite as reason:
            raise CommandError(str(reason)) from reason
        return start_job(scale.KIND, by=None, params=asdict(plan), unique=scale.KIND, inline=True)
