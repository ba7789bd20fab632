from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from courses.files import read_course
from courses.models import Course, CourseRole, CourseRun
from courses.services import enroll_in_run, import_course
from people.demo import demo_password, seed_people
from people.models import OrganizationUnit, Person, User

SAMPLES = settings.BASE_DIR / "courses" / "samples"
INSTRUCTOR, LEARNERS = "instructor", ("learner", "learner2")


class Command(BaseCommand):
    help = "Create the sample group with its people and courses; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exclude(is_demo=True).exists():
            raise CommandError("this site has real accounts; the sample group is only for an empty one")
        drafts = [read_course(folder) for folder in sorted(SAMPLES.iterdir()) if folder.is_dir()]
        with transaction.atomic():
            seed_people()
            for draft in drafts:
                owner = OrganizationUnit.objects.get(code="maru-electronics")
                version, _is_new = import_course(draft, owner=owner, by=None)
                self._open(version.course)
        self.stdout.write(f"sample group: {Person.objects.count()} people, {len(drafts)} course(s)")
        if demo_password() == "demo":
            self.stdout.write("log in as learner, learner2, manager, instructor, … with the password: demo")

    @staticmethod
    def _open(course: Course) -> None:
        """Open the course to the whole group, with its instructor and its first learners."""
        course.open_to.add(OrganizationUnit.objects.get(kind=OrganizationUnit.Kind.GROUP))
        instructor = Person.objects.get(user__username=INSTRUCTOR)
        CourseRole.objects.get_or_create(person=instructor, kind=CourseRole.Kind.INSTRUCTOR, course=course)
        run = CourseRun.objects.filter(course=course).earliest("opens_at")
        for username in LEARNERS:
            person = Person.objects.get(user__username=username)
            if not person.enrollments.filter(run=run).exists():
                enroll_in_run(person, run=run, by=person.user)
