"""The queue is the table: claim, renew, give back, end, and the dispatcher's turn.

As with grading, the broker carries hints only, and every write for a running job is guarded by its lease token.
"""

from __future__ import annotations

import datetime
import logging
import uuid
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from records import artifacts, live
from records.hints import hint, hints_in_broker
from records.longjobs.registry import kinds
from records.models import LongJob
from records.text import in_every_language

logger = logging.getLogger(__name__)

# The platform's faults: the third one ends a job as failed.
MAX_FAULTS = 3
# Seconds that a job rests after its first fault, doubled by each further one.
FAULT_PAUSE = 2
DISPATCH_SECONDS = 3
EXPIRY_SECONDS = 600
RUN_LONG_JOB, QUEUE = "records.run_long_job", "default"
# A worker process runs so many at once, in threads of their own: beside grading, never in its place.
AT_ONCE = 2

State = LongJob.State


def topic(job: LongJob) -> str:
    """The stream of events that the job's page listens to."""
    return f"longjob:{job.pk}"


def announce(job: LongJob, kind: str = "state") -> None:
    """Tell open pages, once the change is visible to others, that there is something to see."""
    transaction.on_commit(partial(live.publish, topic(job), {"type": kind, "state": job.state}))


def hint_after_commit() -> None:
    transaction.on_commit(partial(hint, RUN_LONG_JOB, QUEUE))


_CLAIM = """
UPDATE records_longjob SET
  state = 'running', lease_token = %(token)s,
  lease_until = statement_timestamp() + make_interval(secs => %(lease)s),
  attempts = attempts + 1, claimed_at = statement_timestamp(), claimed_done = done,
  started_at = coalesce(started_at, statement_timestamp()), updated_at = statement_timestamp()
WHERE id = ({chosen} FOR UPDATE OF job SKIP LOCKED LIMIT 1)
RETURNING id
"""
# Whoever has fewest jobs running goes first, then the oldest job: one person's imports hold up nobody else's.
_NEXT = """
SELECT job.id FROM records_longjob AS job
LEFT JOIN (
  SELECT requested_by_id, count(*) AS jobs FROM records_longjob WHERE state = 'running' GROUP BY requested_by_id
) AS busy ON busy.requested_by_id = job.requested_by_id
WHERE job.state = 'queued' AND NOT job.is_inline AND job.kind = ANY(%(kinds)s)
  AND job.claimable_at <= statement_timestamp()
ORDER BY coalesce(busy.jobs, 0), job.created_at
"""
# A process that was killed leaves its inline job behind: whoever resumes it need not wait for the dispatcher.
_THIS = """
SELECT job.id FROM records_longjob AS job
WHERE job.id = %(id)s
  AND (job.state = 'queued' OR job.state = 'running' AND job.lease_until < statement_timestamp())
"""
_RENEW = """
UPDATE records_longjob SET lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND state = 'running' AND lease_token = %(token)s
"""


def claim() -> LongJob | None:
    """Take the next waiting job whose kind this process knows, under a fresh lease."""
    return _claim(_NEXT, kinds=list(kinds))


def claim_this(job: LongJob) -> LongJob | None:
    """Take this very job; None while somebody else holds it or once it ended."""
    return _claim(_THIS, id=job.pk)


def _claim(chosen: str, **values: Any) -> LongJob | None:
    statement = _CLAIM.replace("{chosen}", chosen)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"token": uuid.uuid4(), "lease": settings.LEASE_SECONDS, **values})
        row = cursor.fetchone()
    if row is None:
        return None
    job = LongJob.objects.get(pk=row[0])
    announce(job)
    return job


def renew(job: LongJob) -> bool:
    """Extend the lease; False when it was lost, and with it the right to write."""
    with connection.cursor() as cursor:
        values = {"id": job.pk, "token": job.lease_token, "lease": settings.LEASE_SECONDS}
        cursor.execute(_RENEW, values)
        rows: int = cursor.rowcount
    return rows == 1


def held(job: LongJob) -> Any:
    """The row, if the lease is still ours."""
    return LongJob.objects.filter(pk=job.pk, state=State.RUNNING, lease_token=job.lease_token)


@transaction.atomic
def give_back(job: LongJob) -> bool:
    """Return a claim: this process was told to stop. No fault is counted; the next one goes on from the checkpoint."""
    current = held(job).select_for_update().first()
    if current is None:
        return False
    _leave(current, State.CANCELLED if current.cancel_requested_at else State.QUEUED)
    if current.state == State.QUEUED and not current.is_inline:
        hint_after_commit()
    return True


@transaction.atomic
def end(job: LongJob, state: LongJob.State, *, failure: str | Promise = "", fault: str = "") -> bool:
    """Done, failed or cancelled; False when the lease was lost and nothing was written."""
    current = held(job).select_for_update().first()
    if current is None:
        return False
    current.failure, current.fault = in_every_language(failure), fault or current.fault
    _leave(current, state)
    return True


@transaction.atomic
def count_fault(job: LongJob, *, fault: str) -> None:
    """Note a fault of ours: the job is tried again, and the third time it is put aside as failed.

    Does nothing when the job has moved on since `job` was read.
    """
    current = held(job).select_for_update().filter(lease_until=job.lease_until).first()
    if current is None:
        return
    current.faults += 1
    current.fault = fault
    if current.cancel_requested_at:
        _leave(current, State.CANCELLED)
    elif current.faults >= MAX_FAULTS:
        logger.error("long job %s (%s) is put aside as failed: %s", job.pk, job.kind, fault)
        current.failure = in_every_language(PUT_ASIDE)
        _leave(current, State.FAILED)
    else:
        pause = datetime.timedelta(seconds=FAULT_PAUSE * 2 ** (current.faults - 1))
        _leave(current, State.QUEUED, claimable_at=Now() + pause)


PUT_ASIDE = _(
    "It was interrupted three times by a fault of ours, which is written down for the operators. "
    "What was done until then is kept; start it again later."
)


def _leave(job: LongJob, state: LongJob.State, *, claimable_at: Any = None) -> None:
    job.state, job.lease_token, job.lease_until = state, None, None
    job.claimable_at = claimable_at or Now()
    if not job.is_open:
        job.finished_at = Now()
        if state != State.DONE:
            forget_file(job)
    job.save()
    announce(job)


def forget_file(job: LongJob) -> None:
    """Take the result away from the row and, once that is sure, from the disk. The caller saves the row."""
    if job.result_key:
        transaction.on_commit(partial(artifacts.remove, job.result_key))
        job.result_key = ""


def dispatch() -> None:
    """The dispatcher's turn: take expired leases back, and hint again where the broker has no hint left."""
    for job in LongJob.objects.filter(state=State.RUNNING, lease_until__lt=Now())[:200]:
        count_fault(job, fault="the worker stopped responding")
    waiting = LongJob.objects.filter(state=State.QUEUED, is_inline=False, claimable_at__lte=Now())
    if (count := waiting[:AT_ONCE].count()) and not hints_in_broker(QUEUE):
        for _number in range(count):
            hint(RUN_LONG_JOB, QUEUE)


def remove_expired() -> None:
    """Periodic: files whose time is over. The row keeps their name, so that the page can say what is gone."""
    for job in LongJob.objects.exclude(result_key="").filter(expires_at__lt=Now())[:500]:
        with transaction.atomic():
            forget_file(job)
            job.save(update_fields=["result_key", "updated_at"])
