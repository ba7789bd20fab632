"""Celery's entry points. Thin: a hint comes in, the row decides what is to be done."""

from __future__ import annotations

import threading

from celery import shared_task
from django.conf import settings
from django.db import close_old_connections

from grading import queue, work
from grading.services import finishing  # brings nbgrader: only workers import this module
from records import stopping
from records.hints import hint

# One thread more than this serves the process: exercises never keep finished work from becoming grades.
_slots = threading.BoundedSemaphore(settings.WORKER_CONCURRENCY)


@shared_task(name=queue.GRADE_NEXT)
def grade_next(queue_name: str) -> None:
    """Work on one job, then hint at the next. A hint that finds every slot taken is not needed: their ends hint."""
    close_old_connections()
    if stopping.requested() or not _slots.acquire(blocking=False):
        return
    try:
        job = queue.claim(queue_name)
        if job is None:
            return
        work.work_on(job)
    finally:
        _slots.release()
    hint(queue.GRADE_NEXT, queue_name, queue_name)


@shared_task(name=queue.PLAN)
def plan_exercise(exercise_id: str) -> None:
    """Find out which cell of a new exercise runs where, if nobody waits; else its first attempt does."""
    close_old_connections()
    if stopping.requested() or not _slots.acquire(blocking=False):
        return
    try:
        work.plan_ahead(exercise_id)
    finally:
        _slots.release()


@shared_task(name=queue.FINISH_JOB)
def finish_job(job_id: str) -> None:
    """Turn a raw result into a grade; on trusted hosts only."""
    close_old_connections()
    finishing.finish_job(job_id)
