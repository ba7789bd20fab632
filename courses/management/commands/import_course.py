from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError

from courses.drafts import CourseFileErrors
from courses.files import read_course
from courses.services import import_course
from people.models import OrganizationUnit


class Command(BaseCommand):
    help = "Import a course folder and publish it; a bad file gives its path, line and reason, and nothing changes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--owner", help="code of the affiliate that owns a new course", default="")
        parser.add_argument(
            "--open-to",
            nargs="*",
            default=[],
            metavar="CODE",
            help="codes of the units whose people may see it",
        )

    def handle(self, *args: Any, folder: Path, owner: str, open_to: list[str], **options: Any) -> None:
        try:
            unit = self._unit(owner) if owner else self._group()
            opened = [self._unit(code) for code in open_to]
        except ProgrammingError as error:
            raise CommandError(
                "the database has no tables yet: start the site once, or run migrate"
            ) from error
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
        version.course.open_to.add(*opened)
        if not version.course.open_to.exists():
            self.stdout.write("nobody sees it yet: open it to a unit's people with --open-to CODE")

    @staticmethod
    def _unit(code: str) -> OrganizationUnit:
        unit = OrganizationUnit.objects.filter(code=code).first()
        if unit is None:
            known = ", ".join(OrganizationUnit.objects.order_by("code").values_list("code", flat=True)[:20])
            raise CommandError(f"no organization unit has the code {code!r}; there are {known or 'none yet'}")
        return unit

    @staticmethod
    def _group() -> OrganizationUnit:
        group = OrganizationUnit.objects.filter(kind=OrganizationUnit.Kind.GROUP).first()
        if group is None:
            raise CommandError("there is no group yet; `manage.py seed_demo` makes a sample one")
        return group
