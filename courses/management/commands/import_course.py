from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from courses.drafts import CourseFileErrors
from courses.files import read_course
from courses.services import import_course
from people.models import OrganizationUnit


class Command(BaseCommand):
    help = "Import a course folder and publish it; a bad file gives its path, line and reason, and nothing changes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--owner", help="code of the affiliate that owns a new course", default="")

    def handle(self, *args: Any, folder: Path, owner: str, **options: Any) -> None:
        unit = OrganizationUnit.objects.filter(code=owner).first() if owner else self._group()
        if unit is None:
            raise CommandError(
                f"no organization unit has the code {owner!r}" if owner else "there is no group yet"
            )
        try:
            draft = read_course(folder)
        except CourseFileErrors as faults:
            raise CommandError(f"{folder} was not imported, nothing changed:\n{faults}") from faults
        version, is_new = import_course(draft, owner=unit, by=None)
        units = version.units.count()
        state = (
            f"published as version {version.number}"
            if is_new
            else f"unchanged, still version {version.number}"
        )
        self.stdout.write(f"{draft.slug}: {state}, {units} units")

    @staticmethod
    def _group() -> OrganizationUnit | None:
        return OrganizationUnit.objects.filter(kind=OrganizationUnit.Kind.GROUP).first()
