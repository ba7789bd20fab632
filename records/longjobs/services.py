"""Starting and cancelling long work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from records.audit import audit
from records.longjobs import queue
from records.longjobs.registry import kinds
from records.models import LongJob

State = LongJob.State


@transaction.atomic
def start_job(
    kind: str,
    *,
    by: AbstractBaseUser | None,
    params: Mapping[str, Any] | None = None,
    unique: str = "",
    inline: bool = False,
) -> LongJob:
    """Queue work of a registered kind; with `unique`, return the open job of this kind and key if there is one.

    `params` (JSON, no secrets: they are audited) is all that `run` knows. An `inline` job waits for `run_inline` and is
    left alone by workers. Raises KeyError for a kind that no app registered.
    """
    if kind not in kinds:
        raise KeyError(kind)
    job = LongJob(
        kind=kind,
        params=dict(params or {}),
        unique_key=unique,
        is_inline=inline,
        requested_by_id=by.pk if by else None,
    )
    if (running := _saved(job)) is not None:
        return running
    audit("longjob.start", job, by=by, after={"kind": kind, "params": job.params})
    if not inline:
        queue.hint_after_commit()
    return job


def _saved(job: LongJob) -> LongJob | None:
    """Save it; or the job that is open under the same key."""
    for _try in range(3):
        try:
            with transaction.atomic():
                job.save(force_insert=True)
        except IntegrityError:
            same = LongJob.objects.unfinished().filter(kind=job.kind, unique_key=job.unique_key)
            if job.unique_key and (running := same.first()) is not None:
                return running
            # It ended between the two statements: the key is free now.
        else:
            return None
    raise RuntimeError(f"no {job.kind} under the key {job.unique_key!r} could be started")


@transaction.atomic
def cancel_job(job: LongJob, *, by: AbstractBaseUser | None) -> bool:
    """Ask for the end: at once while it waits, at its next step while it runs. False if it had ended already."""
    current = LongJob.objects.select_for_update().get(pk=job.pk)
    if not current.is_open or current.cancel_requested_at:
        return False
    current.cancel_requested_at = timezone.now()
    if current.state == State.QUEUED:
        current.state, current.finished_at = State.CANCELLED, timezone.now()
    current.save(update_fields=["cancel_requested_at", "state", "finished_at", "updated_at"])
    audit("longjob.cancel", current, by=by, after={"state": current.state})
    queue.announce(current)
    return True
