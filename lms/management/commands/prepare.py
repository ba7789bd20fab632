from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from lms import keeper, statics
from people.models import User

_SHORTEST_SECRET = 50


class Command(BaseCommand):
    help = "What `up` does between the stores and the first process: tables, static files, the sample group."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--note",
            type=Path,
            required=True,
            help="the file that says it is done, with words for the terminal",
        )
        parser.add_argument(
            "--public", metavar="HOST", default="", help="the site listens beyond this machine"
        )
        parser.add_argument("--demo", action="store_true", help="the sample group, on an empty database")

    def handle(self, *args: Any, note: Path, public: str, demo: bool, **options: Any) -> None:
        del args, options
        # Migrations make classes anew for seconds, a third of which went into looking for garbage.
        gc.disable()
        if keeper.is_own("DATABASE_URL"):
            keeper.create_database(settings.DATA_DIR)
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)
        if demo and not User.objects.exists():
            call_command("seed_demo", stdout=self.stdout, stderr=self.stderr)
        statics.collect_if_stale()
        accounts = User.objects.filter(is_demo=True, is_active=True).order_by("username")
        names = list(accounts.values_list("username", flat=True))
        if public and (problems := _what_is_open(names)):
            raise CommandError(f"The site does not listen on {public}: {' '.join(problems)}")
        line = f"demo accounts: {', '.join(names)}; password: demo or DEMO_PASSWORD\n" if names else ""
        fresh = note.with_name(f"{note.name}.new")
        fresh.write_text(line, encoding="utf-8")
        fresh.rename(note)  # whole at once: the web waits for it


def _what_is_open(demo_accounts: list[str]) -> list[str]:
    """Why the site may not be seen beyond this machine yet, each with what to do."""
    problems = []
    if demo_accounts:
        problems.append(
            f"everybody knows the password of its demo accounts ({', '.join(demo_accounts)}). Deactivate them, "
            "start on a fresh DATA_DIR without --demo, or listen on 127.0.0.1."
        )
    secret = settings.SECRET_KEY
    if len(secret) < _SHORTEST_SECRET or secret.startswith("django-insecure"):
        problems.append(
            "its SECRET_KEY is weak. Leave it out, and one is made in DATA_DIR, or set one of 50 "
            "characters or more."
        )
    if settings.SITE_URL.startswith(("http://127.0.0.1", "http://localhost")):
        problems.append(
            "nobody could reach it by its name. Set SITE_URL to the address that people will type."
        )
    return problems
