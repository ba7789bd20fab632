"""What can be submitted, what was, who grades it now, and the grades that stand."""

from __future__ import annotations

import contextlib
import datetime
import math
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import JSONObject, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import CourseRun, CourseVersion, Enrollment, Unit
from grading import notebook
from grading.notebook import MAX_NAME, Notebook
from people.models import User
from records import artifacts
from records.models import Record
from sandbox import SandboxFault, environments


class ExerciseQuerySet(models.QuerySet["Exercise"]):
    def in_use(self) -> ExerciseQuerySet:
        """Those that somebody may still submit to, or whose submissions are on their way."""
        newer = CourseVersion.objects.filter(
            course=OuterRef("unit__version__course"), number__gt=OuterRef("unit__version__number")
        )
        runs = CourseRun.objects.filter(version=OuterRef("unit__version")).not_over()
        jobs = GradingJob.objects.filter(submission__exercise=OuterRef("pk"), state__in=GradingJob.OPEN)
        return self.filter(Exists(runs) | ~Exists(newer) | Exists(jobs))


class Exercise(Record):
    """What is graded of a unit. Belongs to one course version, so it never changes once published."""

    class Kind(models.TextChoices):
        NOTEBOOK = "notebook", _("Notebook")
        CHECKED = "checked", _("Checked program")

    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, related_name="exercise")
    kind = models.CharField(max_length=12, choices=Kind)
    max_points = models.FloatField()
    # Percent of the points that completes the unit.
    cutoff = models.PositiveSmallIntegerField(default=60)
    max_attempts = models.PositiveIntegerField(null=True)
    environment = models.CharField(max_length=40)
    # Of the build that it was published with, which it keeps while that is there.
    environment_digest = models.CharField(max_length=64, blank=True)
    simulator = models.BooleanField(default=False)
    # Field names of `sandbox.Limits`.
    limits = models.JSONField(default=dict)
    # Artifacts. A notebook: as the instructor wrote it, with its solutions removed (the MASTER, which is graded
    # from), and as learners get it. A checked program (`grading.bundles`): the reference solution, `check.py`
    # and the starter files.
    source_sha256 = models.CharField(max_length=64)
    master_sha256 = models.CharField(max_length=64)
    released_sha256 = models.CharField(max_length=64)
    # What the author wants: "split", "same_process" or "" (split where it agrees); and where each cell runs, as
    # a worker found out (`splitting.Plan`). The plan is the only thing here that is written later.
    mode = models.CharField(max_length=12, blank=True, default="", db_default="")
    plan = models.JSONField(default=dict, db_default={})
    # Per language, by the test's grade_id: what a learner reads when a hidden test fails.
    messages = models.JSONField(default=dict)
    # Per language, by cell id: the Markdown cells in the course's other languages.
    translations = models.JSONField(default=dict)
    # How much a learner is told, before and after the run closes: {"before": …, "after": …} of `feedback.LEVELS`.
    feedback = models.JSONField(default=dict, db_default={})

    objects = ExerciseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(cutoff__lte=100), name="cutoff_is_a_percentage"),
            models.CheckConstraint(condition=Q(max_points__gte=0), name="points_are_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.unit)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and not self.environment_digest:
            # An environment that is gone by now is told when a submission asks for it.
            with contextlib.suppress(SandboxFault):
                self.environment_digest = environments.described(self.environment).digest
        super().save(*args, **kwargs)


# Points are floats, as nbgrader's are: sums such as 0.3 + 0.3 + 0.3 miss their value by less than this.
_EPSILON = 1e-6


def reaches_cutoff(final: float, max_points: float, cutoff: int) -> bool:
    """Whether points are at or above `cutoff` percent of the maximum."""
    return final + _EPSILON >= max_points * cutoff / 100


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User) -> SubmissionQuerySet:
        """One's own, and those of the runs one teaches."""
        return self.filter(
            Q(enrollment__person__user=user) | Q(enrollment__run__in=CourseRun.objects.taught_by(user))
        )

    def handed_in_by(self, user: User) -> SubmissionQuerySet:
        return self.filter(enrollment__person__user=user)

    def gradable_by(self, user: User) -> SubmissionQuerySet:
        """Those of the runs one teaches, but one's own."""
        return self.filter(enrollment__run__in=CourseRun.objects.taught_by(user)).exclude(
            enrollment__person__user=user
        )

    def counted(self) -> SubmissionQuerySet:
        """Those that use up an attempt: a fault of ours does not."""
        return self.exclude(job__state=GradingJob.State.FAILED)

    def best_of_each(self) -> SubmissionQuerySet:
        """Of each learner and exercise the attempt with most points, the newest of equal ones; it is what counts."""
        attempt = ("enrollment", "exercise__unit__key")
        current = Grade.objects.filter(submission=OuterRef("pk"), superseded_by=None)
        points = Subquery(current.values("final")[:1])
        ordered = self.with_grade().annotate(points=points)
        return ordered.order_by(*attempt, F("points").desc(nulls_last=True), "-number").distinct(*attempt)

    def with_outcome(self) -> SubmissionQuerySet:
        """Adds `outcome`, how the sandbox says the program ended, and `start`, how it began, without the rest."""
        return self.annotate(
            outcome=KeyTextTransform("status", "job__raw_result"),
            start=KeyTextTransform("start", "job__raw_result"),
        )

    def with_grade(self) -> SubmissionQuerySet:
        """Adds `grade`: the current grade as {"final", "max_points"}, or None; no query per row."""
        current = Grade.objects.filter(submission=OuterRef("pk"), superseded_by=None)
        facts = JSONObject(final="final", max_points="max_points")
        return self.annotate(grade=Subquery(current.values(facts=facts)[:1]))


class Submission(Record):
    """One attempt. `received_at` alone decides lateness; time in the queue never does."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="submissions")
    exercise = models.ForeignKey(Exercise, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField()
    artifact_sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField(default=timezone.now)
    idempotency_key = models.UUIDField()
    # Codes of `grading.notices`: what the learner should know about what they handed in.
    notices = models.JSONField(default=list)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # The same click twice sends the same bytes. Other bytes under the same key are another attempt:
            # somebody went back in the browser and answered anew.
            models.UniqueConstraint(
                fields=["enrollment", "exercise", "idempotency_key", "artifact_sha256"],
                name="one_submission_per_click",
            ),
            models.UniqueConstraint(
                fields=["enrollment", "exercise", "number"], name="one_submission_per_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exercise} #{self.number}"

    def rebuilt(self) -> Notebook:
        """What is run, scored and read by instructors: the MASTER with this attempt's answers."""
        submitted = notebook.parse(artifacts.read(self.artifact_sha256))
        master = notebook.parse_trusted(artifacts.read(self.exercise.master_sha256))
        return notebook.rebuild(submitted, master).notebook

    @property
    def current_grade(self) -> Grade | None:
        return self.grades.filter(superseded_by=None).first()


class GradingJob(Record):
    """The way of one submission through the queue. The row is the truth; the broker only hints at it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        JUDGED = "judged", _("Judged")
        GRADED = "graded", _("Graded")
        FAILED = "failed", _("Failed")

    class Queue(models.TextChoices):
        CPU = "cpu", _("CPU")
        GPU = "gpu", _("GPU")

    class Mode(models.TextChoices):
        SAME_PROCESS = "same_process", _("Same process")
        SPLIT = "split", _("Split")
        CHECKED = "checked", _("Checked")

    class FailureClass(models.TextChoices):
        PLATFORM = "platform", _("A fault of ours")
        AUTHOR = "author", _("A fault in the exercise")

    class Assurance(models.TextChoices):
        HIGH = "high", _("High assurance")
        LOW = "low", _("Low assurance")

    OPEN: ClassVar = (State.QUEUED, State.RUNNING, State.JUDGED)

    submission = models.OneToOneField(Submission, on_delete=models.PROTECT, related_name="job")
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    queue = models.CharField(max_length=4, choices=Queue, default=Queue.CPU)
    mode = models.CharField(max_length=12, choices=Mode, default=Mode.SAME_PROCESS)
    # How far the result can be trusted, and why no further: `splitting.Reason`, as JSON.
    assurance = models.CharField(
        max_length=4, choices=Assurance, default=Assurance.LOW, db_default=Assurance.LOW
    )
    why = models.JSONField(default=list, db_default=[])
    # Tests that a person must judge because they cannot be run in the mode that the author wants.
    waiting = models.JSONField(default=list, db_default=[])
    environment_digest = models.CharField(max_length=64, blank=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    # How often the platform, never the learner, broke the job; the third one ends it.
    faults = models.PositiveSmallIntegerField(default=0)
    failure = models.TextField(blank=True)
    # While it waits: the environment that the worker which last took it has not built.
    missing_environment = models.CharField(max_length=40, blank=True)
    # Whose fault put a job aside as failed; it is never the learner's.
    failure_class = models.CharField(
        max_length=8, choices=FailureClass, blank=True, default="", db_default=""
    )
    # Not before this a worker takes it: after a fault of ours a job rests.
    claimable_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    raw_result = models.JSONField(null=True)
    # Of the cells that are no tests: errors and what was printed; see `judging.own_cells`.
    own_cells = models.JSONField(default=list)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["queue", "created_at"], name="jobs_to_claim", condition=Q(state="queued")),
            models.Index(fields=["lease_until"], name="jobs_with_a_lease", condition=Q(state="running")),
            models.Index(fields=["created_at"], name="jobs_to_finish", condition=Q(state="judged")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="running", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_token=None, lease_until=None)),
                name="a_lease_while_running_only",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["judged", "graded"]) | Q(raw_result__isnull=False),
                name="judged_means_a_result",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def seconds(self) -> datetime.timedelta | None:
        if self.started_at and self.finished_at:
            return self.finished_at - self.started_at
        return None


class TestResultQuerySet(models.QuerySet["TestResult"]):
    def gradable_by(self, user: User) -> TestResultQuerySet:
        """Answers that a person grades, of the submissions that this one may grade."""
        return self.filter(job__submission__in=Submission.objects.gradable_by(user), by_hand=True)


class TestResult(Record):
    """One test of a graded submission. No points yet (None): it waits for a person."""

    __test__ = False  # pytest: not a test class

    job = models.ForeignKey(GradingJob, on_delete=models.PROTECT, related_name="results")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=MAX_NAME)
    points = models.FloatField(null=True)
    max_points = models.FloatField()
    by_hand = models.BooleanField(default=False)
    # Whether what went wrong lies in a hidden test; its own text never reaches a learner.
    hidden = models.BooleanField(default=False)
    # A code of `grading.reasons`, and the test's own words where a learner may read them.
    reason = models.CharField(max_length=20, blank=True)
    message = models.TextField(blank=True)
    output = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    # What a checked program's case says of itself; see `checked.Told`. Empty for a notebook's tests.
    told = models.JSONField(default=dict, db_default={})

    objects = TestResultQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job", "name"], name="one_result_per_test"),
            models.CheckConstraint(
                condition=Q(points=None) | Q(points__gte=0, points__lte=F("max_points")),
                name="points_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Grade(Record):
    """Append-only: a new grade supersedes the last one, so a submission has exactly one current grade."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="grades")
    supersedes = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    # None: the grading engine.
    grader = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="grades_given")
    raw = models.FloatField()
    penalty = models.FloatField(default=0)
    final = models.FloatField()
    max_points = models.FloatField()
    released_at = models.DateTimeField(null=True)
    # Those of the job whose results it adds up.
    mode = models.CharField(
        max_length=12,
        choices=GradingJob.Mode,
        default=GradingJob.Mode.SAME_PROCESS,
        db_default=GradingJob.Mode.SAME_PROCESS,
    )
    assurance = models.CharField(
        max_length=4,
        choices=GradingJob.Assurance,
        default=GradingJob.Assurance.LOW,
        db_default=GradingJob.Assurance.LOW,
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission"], condition=Q(supersedes=None), name="one_first_grade_per_submission"
            ),
            models.CheckConstraint(
                condition=Q(final__gte=0, final__lte=F("max_points"), penalty__gte=0),
                name="grade_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.final:g} / {self.max_points:g}"

    @property
    def percent(self) -> int:
        """Whole percent, rounded down: 100 means every point."""
        return math.floor(100 * self.final / self.max_points + _EPSILON) if self.max_points else 100
