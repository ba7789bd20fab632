"""Celery's entry points. Thin: a hint comes in, the row decides what is to be done."""

from __future__ import annotations

import threading

from celery import shared_task
from django.db import close_old_connections

from records import stopping
from records.hints import hint
from records.longjobs import queue, work

_slots = threading.BoundedSemaphore(queue.AT_ONCE)


@shared_task(name=queue.RUN_LONG_JOB)
def run_long_job() -> None:
    """Work on one long job, then hint at the next. A hint that finds every slot taken is not needed."""
    close_old_connections()
    if stopping.requested() or not _slots.acquire(blocking=False):
        return
    try:
        job = queue.claim()
        if job is None:
            return
        work.work_on(job)
    finally:
        _slots.release()
    hint(queue.RUN_LONG_JOB, queue.QUEUE)
