"""`manage.py create_admin EMAIL --name NAME`: the first person of an empty installation."""

from __future__ import annotations

import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from people.services.accounts import CODE_LIFE, issue_login_code
from people.services.founding import found_group

HOUR = datetime.timedelta(hours=1)


class Command(BaseCommand):
    help = "Create a group admin, and the group itself where there is none; prints a one-time code to log in with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="of the admin, as colleagues write it")
        parser.add_argument("--group", default="Group", help="the name of the group")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = found_group(email=options["email"], name=options["name"], group_name=options["group"])
            code = issue_login_code(person.user, by=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{person} ({person.user.email}) is group admin and operator.")
        self.stdout.write(
            f"Open {settings.SITE_URL}{reverse('first-login')}, give this e-mail and the one-time code"
        )
        self.stdout.write(f"    {code}")
        self.stdout.write(f"within {CODE_LIFE // HOUR} hours, and choose a password.")
