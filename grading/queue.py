"""The queue is the table of jobs: claim, renew, judge, give back, and the dispatcher's turn.

The broker carries hints only. Every write for a running job is guarded by its lease token, and leases live
on the database's clock, so a worker that was stopped, cut off or cloned can change nothing.
"""

from __future__ import annotations

import datetime
import uuid
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from grading.models import GradingJob
from grading.services.telling import tell_broken, tell_failed
from records import live
from records.hints import hint, hints_in_broker

# The platform's faults, not the learner's: the third one ends a job as failed.
MAX_FAULTS = 3
DISPATCH_SECONDS = 3
# Seconds that a job rests after its first fault, doubled by each further one, and while no host can run it.
FAULT_PAUSE, HOST_PAUSE = 5, 15
# So many hints restore work after the broker lost them all; each one leads to the next.
HINTS_AT_ONCE = 8
# So many submissions of one learner may be on their way at once.
MAX_OPEN = 5
GRADE_NEXT, FINISH_JOB, PLAN = "grading.grade_next", "grading.finish_job", "grading.plan_exercise"
# Celery's queue on trusted hosts, where raw results become grades.
FINISHING = "default"

State = GradingJob.State


def topic(job: GradingJob) -> str:
    """The stream of events that the submission's page listens to."""
    return f"submission:{job.submission_id}"


def hint_after_commit(job: GradingJob) -> None:
    """Hint at a job's next step once its change is visible to others."""
    if job.state == State.QUEUED:
        transaction.on_commit(partial(hint, GRADE_NEXT, job.queue, job.queue))
    elif job.state == State.JUDGED:
        transaction.on_commit(partial(hint, FINISH_JOB, FINISHING, str(job.pk)))


def announce(job: GradingJob) -> None:
    """Tell the page, once the change is visible to others, that the job has a new state."""
    transaction.on_commit(partial(live.publish, topic(job), {"type": "state", "state": job.state}))


# Whoever has fewest jobs running goes first, then the oldest job: one learner's slow work holds up nobody else.
_CLAIM = """
WITH busy AS (
  SELECT enrollment.person_id, count(*) AS jobs
  FROM grading_gradingjob AS job
  JOIN grading_submission AS submission ON submission.id = job.submission_id
  JOIN courses_enrollment AS enrollment ON enrollment.id = submission.enrollment_id
  WHERE job.state = 'running' GROUP BY enrollment.person_id
)
UPDATE grading_gradingjob SET
  state = 'running', lease_token = %(token)s,
  lease_until = statement_timestamp() + make_interval(secs => %(lease)s),
  started_at = statement_timestamp(), updated_at = statement_timestamp()
WHERE id = (
  SELECT job.id FROM grading_gradingjob AS job
  JOIN grading_submission AS submission ON submission.id = job.submission_id
  JOIN courses_enrollment AS enrollment ON enrollment.id = submission.enrollment_id
  LEFT JOIN busy ON busy.person_id = enrollment.person_id
  WHERE job.state = 'queued' AND job.queue = %(queue)s AND job.claimable_at <= statement_timestamp()
  ORDER BY coalesce(busy.jobs, 0), job.created_at
  FOR UPDATE OF job SKIP LOCKED LIMIT 1
)
RETURNING id
"""
_RENEW = """
UPDATE grading_gradingjob SET lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND state = 'running' AND lease_token = %(token)s
RETURNING lease_until
"""


def claim(queue: str) -> GradingJob | None:
    """Take the next waiting job of a queue under a fresh lease; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"token": uuid.uuid4(), "lease": settings.LEASE_SECONDS, "queue": queue})
        row = cursor.fetchone()
    if row is None:
        return None
    job = GradingJob.objects.select_related("submission__exercise__unit").get(pk=row[0])
    announce(job)
    return job


def renew(job: GradingJob) -> bool:
    """Extend the lease; False when it was lost, and with it the right to write."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, {"id": job.pk, "token": job.lease_token, "lease": settings.LEASE_SECONDS})
        row = cursor.fetchone()
    if row:
        job.lease_until = row[0]
    return row is not None


@transaction.atomic
def store_result(
    job: GradingJob, raw_result: dict[str, Any], *, environment_digest: str, **found: Any
) -> bool:
    """Keep what the sandbox said (state `judged`) and what was `found`: mode, assurance, why, waiting.

    False when the lease was lost and nothing was written.
    """
    written = _held(job).update(
        state=State.JUDGED,
        failure="",
        missing_environment="",
        raw_result=raw_result,
        environment_digest=environment_digest,
        **found,
        lease_token=None,
        lease_until=None,
    )
    if written:
        job.state = State.JUDGED
        hint_after_commit(job)
        announce(job)
    return bool(written)


@transaction.atomic
def give_back(job: GradingJob, *, why: str = "", missing_environment: str = "") -> None:
    """Return a claim unused: the worker was told to stop or, with `why`, cannot run it. No fault is counted."""
    written = _held(job).update(
        state=State.QUEUED,
        lease_token=None,
        lease_until=None,
        started_at=None,
        claimable_at=Now() + datetime.timedelta(seconds=HOST_PAUSE if why else 0),
        failure=why,
        missing_environment=missing_environment,
    )
    if written:
        job.state = State.QUEUED
        announce(job)


@transaction.atomic
def count_fault(job: GradingJob, *, failure: str) -> None:
    """Note a fault of ours. The job is tried again; the third time it is put aside as failed.

    Does nothing when the job has moved on since `job` was read: another worker has it, or it is done.
    """
    unchanged = GradingJob.objects.select_for_update().filter(
        pk=job.pk, state=job.state, lease_token=job.lease_token, lease_until=job.lease_until
    )
    current = unchanged.first()
    if current is None or current.state not in {State.RUNNING, State.JUDGED}:
        return
    current.faults += 1
    current.failure = failure
    current.lease_token = current.lease_until = None
    pause = datetime.timedelta(seconds=FAULT_PAUSE * 2 ** (current.faults - 1))
    current.claimable_at = Now() + pause  # the database's clock
    if current.faults >= MAX_FAULTS:
        current.state, current.finished_at = State.FAILED, timezone.now()
        current.failure_class = GradingJob.FailureClass.PLATFORM
    elif current.state == State.RUNNING:
        current.state = State.QUEUED
    current.save(update_fields=_FAULT_FIELDS)
    if current.state == State.FAILED:
        tell_failed(current.submission)
    announce(current)


@transaction.atomic
def fail_by_author(job: GradingJob, *, failure: str) -> None:
    """Put a job aside whose exercise is broken: it uses up no attempt, and its instructors hear of it."""
    written = _held(job).update(
        state=State.FAILED,
        failure=failure,
        failure_class=GradingJob.FailureClass.AUTHOR,
        lease_token=None,
        lease_until=None,
        finished_at=timezone.now(),
    )
    if written:
        job.state = State.FAILED
        tell_broken(job.submission)
        announce(job)


_FAULT_FIELDS = (
    "state",
    "faults",
    "failure",
    "failure_class",
    "lease_token",
    "lease_until",
    "claimable_at",
    "finished_at",
    "updated_at",
)


def _held(job: GradingJob) -> Any:
    return GradingJob.objects.filter(pk=job.pk, state=State.RUNNING, lease_token=job.lease_token)


def dispatch() -> None:
    """The dispatcher's turn: take expired leases back, and hint again where the broker has no hint left."""
    for job in GradingJob.objects.filter(state=State.RUNNING, lease_until__lt=Now())[:200]:
        count_fault(job, failure="the worker stopped responding")
    claimable = GradingJob.objects.filter(state=State.QUEUED, claimable_at__lte=Now())
    for name in claimable.order_by().values_list("queue", flat=True).distinct():
        if not hints_in_broker(name):
            for _ in range(min(HINTS_AT_ONCE, claimable.filter(queue=name).count())):
                hint(GRADE_NEXT, name, name)
    judged = GradingJob.objects.filter(state=State.JUDGED, claimable_at__lte=Now()).order_by("created_at")
    if judged.exists() and not hints_in_broker(FINISHING):
        for job_id in judged.values_list("pk", flat=True)[:200]:
            hint(FINISH_JOB, FINISHING, str(job_id))


def place(job: GradingJob) -> int:
    """How many jobs of the same queue are claimed before this one, itself included; 0 once it runs."""
    if job.state != State.QUEUED:
        return 0
    return GradingJob.objects.filter(
        state=State.QUEUED, queue=job.queue, created_at__lte=job.created_at
    ).count()
