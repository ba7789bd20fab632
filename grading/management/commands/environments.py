from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from grading.builds import StillUsed, missing_builds, remove_build, used_builds
from sandbox import SandboxFault
from sandbox.installing import MEGABYTE


class Command(BaseCommand):
    help = "List the environments built on this machine with how many exercises use each, or remove one of no use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--remove", metavar="NAME-DIGEST", help="delete this build, unless exercises use it"
        )

    def handle(self, *args: Any, remove: str | None, **options: Any) -> None:
        if remove:
            self._remove(remove)
        else:
            self._list()

    def _list(self) -> None:
        for one in used_builds():
            note = "" if one.build.is_current else "  older"
            self.stdout.write(
                f"{one.build.environment.path.name:<26} {one.build.size / MEGABYTE:7,.0f} MB  "
                f"{one.build.built_at:%Y-%m-%d %H:%M} UTC  used by {one.exercises} exercises{note}"
            )
        for lacking in missing_builds():
            self.stdout.write(
                f"{lacking.name:<26} not built: {lacking.command}  "
                f"({lacking.exercises} exercises, {lacking.waiting} submissions wait)"
            )

    def _remove(self, folder: str) -> None:
        try:
            removed = remove_build(folder)
        except (StillUsed, SandboxFault) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{folder} is removed; {removed.size / MEGABYTE:,.0f} MB are free again.")
