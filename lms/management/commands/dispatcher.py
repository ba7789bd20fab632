from __future__ import annotations

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from lms.dispatcher import Dispatcher, Lease
from records import stopping


class Command(BaseCommand):
    help = "Run periodic work. Start as many as you like: one works, the others wait to replace it."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        del args, options
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stopping.request())
        Dispatcher(Lease(seconds=min(10, settings.LEASE_SECONDS))).run()
