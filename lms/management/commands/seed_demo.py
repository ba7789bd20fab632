from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from courses.models import Course
from lms.seed.group import RealSite, seed_group
from people.demo import demo_password
from people.models import Person


class Command(BaseCommand):
    help = (
        "Create the sample group: 12 affiliates, 600 people, courses and a year of learning; safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            is_new = seed_group()
        except RealSite as reason:
            raise CommandError(str(reason)) from reason
        people, courses = Person.objects.count(), Course.objects.count()
        done = f"in {time.monotonic() - began:.1f} s" if is_new else "as it was"
        self.stdout.write(f"sample group: {people} people, {courses} courses, {done}")
        if demo_password() == "demo":
            self.stdout.write("log in as learner, learner2, manager, instructor, … with the password: demo")
