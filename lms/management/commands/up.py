from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from lms import supervisor


class Command(BaseCommand):
    """Lists `up` among the commands; manage.py itself runs the supervisor without Django."""

    help = "Start the whole site: database, broker, web, worker and dispatcher; Ctrl-C stops it."

    def add_arguments(self, parser: CommandParser) -> None:
        supervisor.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        raise SystemExit(supervisor.run(argparse.Namespace(**options)))
