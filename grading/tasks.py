"""Celery's entry points. Thin: a hint comes in, the row decides what is to be done."""

from __future__ import annotations

from celery import shared_task
from django.db import close_old_connections

from grading import queue, work
from grading.services import finishing  # brings nbgrader: only workers import this module
from records import stopping


@shared_task(name="grading.grade_next")
def grade_next(queue_name: str) -> None:
    """Work off a queue until nothing waits: fewer hints than jobs are enough."""
    close_old_connections()
    while not stopping.requested() and (job := queue.claim(queue_name)) is not None:
        work.work_on(job)


@shared_task(name="grading.finish_job")
def finish_job(job_id: str) -> None:
    """Turn a raw result into a grade; on trusted hosts only."""
    close_old_connections()
    finishing.finish_job(job_id)
