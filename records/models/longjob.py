"""Work that takes minutes or hours: an import, an export, a regrade."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.models.base import Record
from records.text import TranslatedField


class LongJobs(models.QuerySet["LongJob"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> LongJobs:
        """One's own; all of them with the permission to view long jobs."""
        if isinstance(user, PermissionsMixin) and user.has_perm("records.view_longjob"):
            return self.all()
        return self.requested_by(user)

    def requested_by(self, user: AbstractBaseUser | AnonymousUser) -> LongJobs:
        return self.none() if user.pk is None else self.filter(requested_by_id=user.pk)

    def unfinished(self) -> LongJobs:
        return self.filter(state__in=LongJob.OPEN)


class LongJob(Record):
    """The row is the truth; workers hold it by a lease on the database's clock and write under its token."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN: ClassVar = (State.QUEUED, State.RUNNING)

    kind = models.CharField(max_length=80)
    params = models.JSONField(default=dict, blank=True)
    # Of one kind and key at most one job is open; "" is no key.
    unique_key = models.CharField(max_length=200, default="", blank=True)
    # Only `run_inline` runs it, never a worker.
    is_inline = models.BooleanField(default=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="long_jobs"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)

    # Steps done of `total`; a total of None says that nobody knows yet.
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True, blank=True)
    note = TranslatedField(default=dict, blank=True)
    checkpoint = models.JSONField(null=True, blank=True)

    attempts = models.PositiveIntegerField(default=0)
    faults = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    claimable_at = models.DateTimeField(default=timezone.now)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)

    started_at = models.DateTimeField(null=True, blank=True)
    # The present attempt began then, with so many steps done: what the expected time left follows from.
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_done = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    # What people read about a failure, and what operators do.
    failure = TranslatedField(default=dict, blank=True)
    fault = models.TextField(default="", blank=True)

    # The file lies among the artifacts under `result_key` until it expires.
    result_key = models.CharField(max_length=100, default="", blank=True)
    result_sha256 = models.CharField(max_length=64, default="", blank=True)
    result_name = models.CharField(max_length=200, default="", blank=True)
    result_media_type = models.CharField(max_length=100, default="", blank=True)
    result_bytes = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = LongJobs.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "unique_key"],
                condition=models.Q(state__in=["queued", "running"]) & ~models.Q(unique_key=""),
                name="one_open_long_job_per_key",
            ),
            models.CheckConstraint(condition=models.Q(done__gte=0), name="long_job_done_not_negative"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["requested_by", "-created_at", "-id"], name="long_jobs_by_user"),
            models.Index(fields=["-created_at", "-id"], name="long_jobs_newest"),
            models.Index(
                fields=["state", "claimable_at"],
                condition=models.Q(state__in=["queued", "running"]),
                name="long_jobs_open",
            ),
            models.Index(
                fields=["expires_at"], condition=~models.Q(result_key=""), name="long_jobs_with_a_file"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def can_be_cancelled_by(self, user: AbstractBaseUser | AnonymousUser) -> bool:
        """Whoever asked for it, and who may change long jobs. Holding the row means that one may see it."""
        if self.requested_by_id is not None and self.requested_by_id == user.pk:
            return True
        return isinstance(user, PermissionsMixin) and user.has_perm("records.change_longjob")

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_cancelling(self) -> bool:
        return self.is_open and self.cancel_requested_at is not None

    @property
    def has_file(self) -> bool:
        """Whether the result can be fetched now."""
        return bool(self.result_key) and not self.is_expired

    @property
    def is_expired(self) -> bool:
        """There was a file, and its time is over."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def percent(self) -> int | None:
        """0 to 100; None while nobody knows how much there is to do."""
        if self.total is None:
            return None
        return min(100, 100 * self.done // self.total) if self.total else 100

    @property
    def elapsed(self) -> datetime.timedelta | None:
        if self.started_at is None:
            return None
        return max((self.finished_at or timezone.now()) - self.started_at, datetime.timedelta())

    @property
    def time_left(self) -> datetime.timedelta | None:
        """What remains at the pace of the present attempt; None while that says nothing yet."""
        made = self.done - self.claimed_done
        if self.state != self.State.RUNNING or not self.total or made <= 0 or self.claimed_at is None:
            return None
        return (timezone.now() - self.claimed_at) * (max(self.total - self.done, 0) / made)
