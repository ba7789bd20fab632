"""A raw result becomes test results, a grade and, where earned, a completion: in one transaction.

Imports nbgrader: for trusted workers and commands, never for the web.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone

import sandbox
from grading import checked, modes, queue
from grading.judging import Verdict, judge, own_cells
from grading.models import Exercise, GradingJob, Submission, TestResult
from grading.services.grades import record_grade

logger = logging.getLogger(__name__)


def finish_job(job_id: str) -> None:
    """Grade a judged job. A hint that comes twice finds nothing to do."""
    job = GradingJob.objects.filter(pk=job_id, state=GradingJob.State.JUDGED).first()
    if job is None:
        return
    try:
        verdicts, cells = _verdicts(job)
        with transaction.atomic():
            _finish(job, verdicts, cells)
    except Exception as error:  # a result that we cannot read is our fault, never the learner's
        logger.exception("submission %s: could not be finished", job.submission_id)
        queue.count_fault(job, failure=f"{type(error).__name__}: {error}"[:500])


def _verdicts(job: GradingJob) -> tuple[Sequence[Verdict | checked.Verdict], list[dict[str, Any]]]:
    submission = Submission.objects.select_related("exercise").get(pk=job.submission_id)
    if submission.exercise.kind == Exercise.Kind.CHECKED:
        return checked.verdicts(job.raw_result or {}), []
    rebuilt = submission.rebuilt()
    result = sandbox.Result.from_json(json.dumps(job.raw_result))
    return modes.with_waiting(judge(rebuilt, result), job.waiting), own_cells(rebuilt, result)


def _finish(
    job: GradingJob, verdicts: Sequence[Verdict | checked.Verdict], cells: list[dict[str, Any]]
) -> None:
    locked = GradingJob.objects.select_for_update().filter(pk=job.pk, state=GradingJob.State.JUDGED).first()
    if locked is None:
        return
    TestResult.objects.bulk_create(
        TestResult(job=locked, position=position, **asdict(verdict))
        for position, verdict in enumerate(verdicts, start=1)
    )
    locked.state, locked.finished_at = GradingJob.State.GRADED, timezone.now()
    locked.own_cells = cells
    locked.save(update_fields=["state", "finished_at", "own_cells", "updated_at"])
    record_grade(locked.submission, by=None)
    queue.announce(locked)
