"""`manage.py create_admin EMAIL --name NAME`: the first person of an empty installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from people.services.founding import found_group


class Command(BaseCommand):
    help = "Create the first group admin, and the group itself where there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="of the admin, as colleagues write it")
        parser.add_argument("--group", default="Group", help="the name of the group")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = found_group(email=options["email"], name=options["name"], group_name=options["group"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        print(f"{person} ({person.user.email}) is group admin and operator.")
        print(f"Log in at {settings.SITE_URL}{settings.LOGIN_URL}")
