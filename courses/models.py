"""Courses, their immutable versions, the runs in which people take them, and who has done what."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, Exists, F, Func, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Employment, OrganizationUnit, Person, User
from records.models import Record
from records.text import TranslatedField, TranslatedText


class CourseQuerySet(models.QuerySet["Course"]):
    def visible_to(self, user: User) -> CourseQuerySet:
        """What the person may take, and the courses of the units they administer."""
        administered = OrganizationUnit.objects.editable_by(user)
        return self.filter(self._open_to(user) | Q(owner__in=administered))

    def takeable_by(self, user: User) -> CourseQuerySet:
        """Courses opened to a unit the person works in today or to one above it, or that they teach or take.

        So partners, who work in no unit, see what somebody enrolled them in or had them teach, and no more.
        """
        return self.filter(self._open_to(user))

    def open(self) -> CourseQuerySet:
        """Those with a run that one can enroll in now."""
        return self.filter(Exists(CourseRun.objects.open().filter(course=OuterRef("pk"))))

    def with_run(self) -> CourseQuerySet:
        """Adds `has_open_run`, and `closes_at`: until when the newest open run goes on, or None."""
        newest = CourseRun.objects.open().filter(course=OuterRef("pk")).order_by("-opens_at")
        return self.annotate(has_open_run=Exists(newest), closes_at=Subquery(newest.values("closes_at")[:1]))

    @staticmethod
    def _open_to(user: User) -> Q:
        employed = Employment.objects.active_on(timezone.localdate()).filter(person__user=user)
        units = employed.annotate(above=Func(F("unit__path"), function="unnest")).values("above")
        ways = (
            Course.open_to.through.objects.filter(organizationunit__in=units).values("course"),
            Enrollment.objects.visible_to(user).active().values("run__course"),
            CourseRole.objects.filter(person__user=user, course__isnull=False).values("course"),
            CourseRole.objects.filter(person__user=user, run__isnull=False).values("run__course"),
        )
        return reduce(or_, (Q(pk__in=way) for way in ways))


class Course(Record):
    """What is told about a course is that of its newest published version."""

    class Level(models.TextChoices):
        BEGINNER = "beginner", _("Beginner")
        INTERMEDIATE = "intermediate", _("Intermediate")
        ADVANCED = "advanced", _("Advanced")

    class Practice(models.TextChoices):
        """What its exercises run on, each more than the one before."""

        NONE = "none", _("No exercises")
        CPU = "cpu", _("No GPU needed")
        SIMULATOR = "simulator", _("GPU simulator")
        GPU = "gpu", _("GPU needed")

    slug = models.SlugField(max_length=80, unique=True)
    owner = models.ForeignKey(OrganizationUnit, on_delete=models.PROTECT, related_name="courses")
    # Private by default: only people of these units, or of units below them, see the course.
    open_to = models.ManyToManyField(OrganizationUnit, related_name="open_courses", blank=True)
    title = TranslatedField()
    summary = TranslatedField()
    outcomes = models.JSONField(default=list)
    languages = models.JSONField(default=list)
    level = models.CharField(max_length=14, choices=Level, default=Level.BEGINNER)
    hours = models.DecimalField(max_digits=5, decimal_places=1)
    skills = models.JSONField(default=list)
    practice = models.CharField(
        max_length=10, choices=Practice, default=Practice.NONE, db_default=Practice.NONE
    )

    objects = CourseQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.title)

    @property
    def outcome_texts(self) -> list[TranslatedText]:
        return [TranslatedText(outcome) for outcome in self.outcomes]


class CourseVersion(Record):
    """One state of a course's content. Published means immutable."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["course", "number"], name="one_version_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.course} v{self.number}"


class Module(Record):
    version = models.ForeignKey(CourseVersion, on_delete=models.PROTECT, related_name="modules")
    position = models.PositiveIntegerField()
    title = TranslatedField()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "position"], name="one_module_per_position"),
        ]

    def __str__(self) -> str:
        return str(self.title)


class Unit(Record):
    """One step of a course. `key` is stable across versions; `content` belongs to the kind."""

    version = models.ForeignKey(CourseVersion, on_delete=models.PROTECT, related_name="units")
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="units")
    position = models.PositiveIntegerField()
    key = models.SlugField(max_length=80)
    kind = models.CharField(max_length=20)
    title = TranslatedField()
    minutes = models.PositiveIntegerField()
    content = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["module__position", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "key"], name="one_unit_per_key"),
            models.UniqueConstraint(fields=["module", "position"], name="one_unit_per_position"),
        ]

    def __str__(self) -> str:
        return str(self.title)


class CourseRunQuerySet(models.QuerySet["CourseRun"]):
    def open(self) -> CourseRunQuerySet:
        return self.not_over().filter(opens_at__lte=timezone.now())

    def not_over(self) -> CourseRunQuerySet:
        """Those that are open or will open."""
        return self.filter(Q(closes_at=None) | Q(closes_at__gt=timezone.now()))

    def taught_by(self, user: User) -> CourseRunQuerySet:
        """Runs in which the person is instructor or assistant, by the run or by its course."""
        held = CourseRole.objects.filter(person__user=user)
        runs, courses = held.filter(run__isnull=False), held.filter(course__isnull=False)
        return self.filter(Q(pk__in=runs.values("run")) | Q(course__in=courses.values("course")))


class CourseRun(Record):
    """One occasion to take a course; a self-paced run has no end."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="runs")
    version = models.ForeignKey(CourseVersion, on_delete=models.PROTECT, related_name="runs")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(null=True)
    time_zone = models.CharField(max_length=40, default="Asia/Seoul")

    objects = CourseRunQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(closes_at=None) | Q(closes_at__gt=models.F("opens_at")),
                name="run_closes_after_opening",
            ),
        ]

    def __str__(self) -> str:
        return str(self.course)


class CourseRole(Record):
    class Kind(models.TextChoices):
        INSTRUCTOR = "instructor", _("Instructor")
        ASSISTANT = "assistant", _("Teaching assistant")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="course_roles")
    kind = models.CharField(max_length=12, choices=Kind)
    course = models.ForeignKey(Course, null=True, on_delete=models.PROTECT, related_name="roles")
    run = models.ForeignKey(CourseRun, null=True, on_delete=models.PROTECT, related_name="roles")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(course=None, run__isnull=False) | Q(course__isnull=False, run=None),
                name="role_of_a_course_or_of_a_run",
            ),
            models.UniqueConstraint(
                fields=["person", "kind", "course", "run"], nulls_distinct=False, name="one_course_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.kind}"


class EnrollmentQuerySet(models.QuerySet["Enrollment"]):
    def active(self) -> EnrollmentQuerySet:
        return self.filter(status=Enrollment.Status.ACTIVE)

    def visible_to(self, user: User) -> EnrollmentQuerySet:
        """One's own."""
        return self.filter(person__user=user)

    def with_last_completion(self) -> EnrollmentQuerySet:
        """Adds `last_completed_at`: when the newest unit was completed, or None; no query per row."""
        newest = UnitCompletion.objects.filter(enrollment=OuterRef("pk")).order_by("-completed_at")
        return self.annotate(last_completed_at=Subquery(newest.values("completed_at")[:1]))

    def with_completed(self) -> EnrollmentQuerySet:
        """Adds `completed_keys`: the keys of the completed units; no query per row."""
        completed = UnitCompletion.objects.filter(enrollment=OuterRef("pk")).values("unit_key")
        return self.annotate(completed_keys=ArraySubquery(completed))

    def with_progress(self) -> EnrollmentQuerySet:
        """Adds `progress`: {"total", "done", "minutes_left"} of the run's units; no query per row.

        The rows of a list need no more; one learner's course is `progress.progress_of`.
        """
        completed = UnitCompletion.objects.filter(
            enrollment=OuterRef(OuterRef("pk")), unit_key=OuterRef("key")
        )
        units = Unit.objects.filter(version=OuterRef("run__version")).annotate(is_done=Exists(completed))
        facts = JSONObject(
            total=Count("pk"),
            done=Count("pk", filter=Q(is_done=True)),
            minutes_left=Coalesce(Sum("minutes", filter=Q(is_done=False)), 0),
        )
        return self.annotate(
            progress=Subquery(units.order_by().values("version").annotate(facts=facts).values("facts"))
        )


class Enrollment(Record):
    class Status(models.TextChoices):
        ACTIVE = "active", pgettext_lazy("an enrollment", "Active")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Source(models.TextChoices):
        SELF = "self", _("Enrolled themselves")
        ASSIGNED = "assigned", _("Required training")
        MANAGER = "manager", _("By a manager")
        HR = "hr", _("By HR")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="enrollments")
    run = models.ForeignKey(CourseRun, on_delete=models.PROTECT, related_name="enrollments")
    source = models.CharField(max_length=10, choices=Source, default=Source.SELF)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)

    objects = EnrollmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "run"], condition=Q(status="active"), name="one_active_enrollment_per_run"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.run}"


class UnitCompletion(Record):
    """Sticky: a new version of the course, or a worse later attempt, takes nothing away."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="completions")
    unit_key = models.SlugField(max_length=80)
    version = models.ForeignKey(CourseVersion, on_delete=models.PROTECT, related_name="completions")
    rule = models.CharField(max_length=80)
    completed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["enrollment", "unit_key"], name="one_completion_per_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment} {self.unit_key}"
