"""What a worker does with a claimed job: run it in the sandbox under its lease, and keep what came out.

Runs on hosts that execute strangers' code: it knows no grades and imports no nbgrader.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError

import sandbox
from grading import checked, modes, notebook, plans, queue
from grading.models import Exercise, GradingJob
from grading.splitting import Place
from records import live, stopping
from sandbox import environments

logger = logging.getLogger(__name__)
_MAX_PROGRESS_TEXT = 2_000


def _code_cells(rebuilt: notebook.Notebook) -> list[notebook.Cell]:
    return [cell for cell in rebuilt["cells"] if cell["cell_type"] == "code"]


class LeaseLost(Exception):
    """The job belongs to somebody else now; whatever we found out is void."""


class Stopping(Exception):
    """This worker was told to stop: the claim goes back unused."""


class Watch:
    """Called with every event of a running sandbox: keeps the lease, tells the page, ends what must end.

    Without a notebook the page is told nothing: what a program prints while it is checked carries the inputs.
    """

    def __init__(self, job: GradingJob, rebuilt: notebook.Notebook | None = None) -> None:
        self.job, self._renewed = job, time.monotonic()
        self._cells = [] if rebuilt is None else _code_cells(rebuilt)
        # What a learner's code prints while a hidden test calls it would carry that test's inputs to the page.
        self._silent = [bool(notebook.hidden_lines(cell["source"])) for cell in self._cells]

    def __call__(self, event: dict[str, Any]) -> None:
        if stopping.requested():
            raise Stopping
        if time.monotonic() - self._renewed > settings.LEASE_RENEW:
            self._renewed = time.monotonic()
            if not queue.renew(self.job):
                raise LeaseLost
        if not self._cells:
            return
        if event["type"] == "cell":
            live.publish(queue.topic(self.job), event)
        elif event["type"] == "stream" and not self._silent[event["index"]]:
            live.publish(queue.topic(self.job), {**event, "text": event["text"][:_MAX_PROGRESS_TEXT]})


def work_on(job: GradingJob) -> None:
    """Grade a claimed job up to its raw result. Every way out leaves the job in a state of its own."""
    try:
        exercise = job.submission.exercise
        environment = environments.find(exercise.environment, exercise.environment_digest)
    except sandbox.SandboxFault as error:  # this host lacks it; another one may not
        _pause(job, error)
        return
    try:
        _run(job, environment)
    except Stopping:
        queue.give_back(job)
    except LeaseLost:
        logger.warning("submission %s: the lease was lost, its result is void", job.submission_id)
    except sandbox.SandboxUnavailable as error:
        _pause(job, error)
    except checked.AuthorFault as error:
        logger.warning("submission %s: its exercise is broken: %s", job.submission_id, error)
        queue.fail_by_author(job, failure=str(error))
    except (OperationalError, InterfaceError):
        raise  # nothing can be written now; the lease runs out and the dispatcher takes the job back
    except Exception as error:  # whatever else it is, it is ours and not the learner's
        logger.exception("submission %s: a fault of ours", job.submission_id)
        queue.count_fault(job, failure=f"{type(error).__name__}: {error}"[:500])


def _run(job: GradingJob, environment: sandbox.Environment) -> None:
    exercise = job.submission.exercise
    if exercise.kind == Exercise.Kind.CHECKED:
        raw = checked.run(job.submission, str(environment.path), on_event=Watch(job))
        queue.store_result(
            job,
            raw,
            environment_digest=environment.digest,
            mode=GradingJob.Mode.CHECKED,
            assurance=GradingJob.Assurance.HIGH,
        )
        return
    rebuilt = job.submission.rebuilt()
    watch = Watch(job, rebuilt)
    plan = plans.plan_of(exercise, environment, on_event=lambda _event: watch({"type": "tick"}))
    place = Place(str(environment.path), exercise.simulator, exercise.limits, watch)
    graded = modes.run(rebuilt, plan, place, wish=exercise.mode)
    queue.store_result(
        job,
        json.loads(graded.result.to_json()),
        environment_digest=environment.digest,
        mode=graded.mode,
        assurance=GradingJob.Assurance.HIGH if graded.is_high else GradingJob.Assurance.LOW,
        why=graded.why,
        waiting=list(graded.waiting),
    )


def plan_ahead(exercise_id: str) -> None:
    """Make the plan of a notebook before its first attempt. What hinders this will hinder that too, and be said."""
    exercise = Exercise.objects.filter(pk=exercise_id, kind=Exercise.Kind.NOTEBOOK).first()
    if exercise is None or GradingJob.objects.filter(state=GradingJob.State.QUEUED).exists():
        return
    try:
        environment = environments.find(exercise.environment, exercise.environment_digest)
        plans.plan_of(exercise, environment, on_event=_end_when_asked)
    except (sandbox.SandboxFault, sandbox.SandboxUnavailable, Stopping) as error:
        logger.info("exercise %s has no plan yet: %s", exercise_id, error)


def _end_when_asked(_event: dict[str, Any]) -> None:
    if stopping.requested():
        raise Stopping


def _pause(job: GradingJob, error: sandbox.SandboxFault) -> None:
    logger.error("submission %s waits: %s", job.submission_id, error)
    missing = error.name if isinstance(error, sandbox.EnvironmentMissing) else ""
    queue.give_back(job, why=str(error), missing_environment=missing)
