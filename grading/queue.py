"""The queue is the table of jobs: claim, renew, judge, give back, and the dispatcher's turn.

The broker carries hints only. Every write for a running job is guarded by its lease token, and leases live
on the database's clock, so a worker that was stopped, cut off or cloned can change nothing.
"""

from __future__ import annotations

import datetime
import uuid
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from grading.models import GradingJob
from records import live

# The platform's faults, not the learner's: the third one ends a job as failed.
MAX_FAULTS = 3
# A hint may be lost with the broker; a row that was not taken this long after it is hinted at again.
HINT_AGAIN_SECONDS = 5
DISPATCH_SECONDS = 3

State = GradingJob.State


def topic(job: GradingJob) -> str:
    """The stream of events that the submission's page listens to."""
    return f"submission:{job.submission_id}"


def hint(task: str, queue: str, *arguments: str) -> None:
    """Tell workers that there is work. May be lost: the row says so again through the dispatcher."""
    try:
        current_app.send_task(task, args=arguments, queue=queue, ignore_result=True)
    except (OperationalError, OSError):
        return


def hint_after_commit(job: GradingJob) -> None:
    """Hint at a job's next step once its change is visible to others."""
    if job.state == State.QUEUED:
        transaction.on_commit(partial(hint, "grading.grade_next", job.queue, job.queue))
    elif job.state == State.JUDGED:
        transaction.on_commit(partial(hint, "grading.finish_job", "default", str(job.pk)))


def announce(job: GradingJob) -> None:
    """Tell the page, once the change is visible to others, that the job has a new state."""
    transaction.on_commit(partial(live.publish, topic(job), {"type": "state", "state": job.state}))


_CLAIM = """
UPDATE grading_gradingjob SET
  state = 'running', lease_token = %(token)s, lease_until = now() + make_interval(secs => %(lease)s),
  started_at = now(), updated_at = now()
WHERE id = (
  SELECT id FROM grading_gradingjob WHERE state = 'queued' AND queue = %(queue)s
  ORDER BY created_at FOR UPDATE SKIP LOCKED LIMIT 1
)
RETURNING id
"""


_RENEW = """
UPDATE grading_gradingjob SET lease_until = now() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND state = 'running' AND lease_token = %(token)s
RETURNING lease_until
"""


def claim(queue: str) -> GradingJob | None:
    """Take the oldest waiting job of a queue under a fresh lease; None when there is none."""
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
def store_result(job: GradingJob, raw_result: dict[str, Any], *, environment_digest: str) -> bool:
    """Keep what the sandbox said (state `judged`); False when the lease was lost and nothing was written."""
    written = _held(job).update(
        state=State.JUDGED,
        failure="",
        raw_result=raw_result,
        environment_digest=environment_digest,
        lease_token=None,
        lease_until=None,
        hinted_at=Now(),
    )
    if written:
        job.state = State.JUDGED
        hint_after_commit(job)
        announce(job)
    return bool(written)


@transaction.atomic
def give_back(job: GradingJob, *, why: str = "") -> None:
    """Return a claim unused, as a worker does that is told to stop or cannot isolate: no fault is counted."""
    if _held(job).update(
        state=State.QUEUED, lease_token=None, lease_until=None, started_at=None, hinted_at=Now(), failure=why
    ):
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
    current.lease_token = current.lease_until = current.hinted_at = None
    if current.faults >= MAX_FAULTS:
        current.state, current.finished_at = State.FAILED, timezone.now()
    elif current.state == State.RUNNING:
        current.state = State.QUEUED
    current.save()
    announce(current)


def _held(job: GradingJob) -> Any:
    return GradingJob.objects.filter(pk=job.pk, state=State.RUNNING, lease_token=job.lease_token)


def dispatch() -> None:
    """The dispatcher's turn: take expired leases back, and hint again at what nobody took."""
    for job in GradingJob.objects.filter(state=State.RUNNING, lease_until__lt=Now())[:200]:
        count_fault(job, failure="the worker stopped responding")
    waiting = GradingJob.objects.filter(state__in=[State.QUEUED, State.JUDGED]).exclude(
        hinted_at__gt=Now() - datetime.timedelta(seconds=HINT_AGAIN_SECONDS)
    )
    for job in waiting.order_by("created_at")[:200]:
        GradingJob.objects.filter(pk=job.pk).update(hinted_at=Now())
        if job.state == State.QUEUED:
            hint("grading.grade_next", job.queue, job.queue)
        else:
            hint("grading.finish_job", "default", str(job.pk))


def place(job: GradingJob) -> int:
    """How many jobs of the same queue are claimed before this one, itself included; 0 once it runs."""
    if job.state != State.QUEUED:
        return 0
    return GradingJob.objects.filter(
        state=State.QUEUED, queue=job.queue, created_at__lte=job.created_at
    ).count()
