"""What a worker does with a claimed job: run it in the sandbox under its lease, and keep what came out.

Runs on hosts that execute strangers' code: it knows no grades and imports no nbgrader.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import DatabaseError

import sandbox
from grading import notebook, queue
from grading.models import GradingJob
from records import artifacts, live, stopping
from sandbox import environments

logger = logging.getLogger(__name__)
_MAX_PROGRESS_TEXT = 2_000


def job_for(
    rebuilt: notebook.Notebook,
    *,
    environment: str,
    simulator: bool = False,
    limits: Mapping[str, Any] | None = None,
) -> sandbox.Job:
    """The sandbox job that runs every code cell of a rebuilt notebook, in order."""
    cells = tuple(cell["source"] for cell in rebuilt["cells"] if cell["cell_type"] == "code")
    return sandbox.Job(
        environment=environment, cells=cells, simulator=simulator, limits=sandbox.Limits(**(limits or {}))
    )


class LeaseLost(Exception):
    """The job belongs to somebody else now; whatever we found out is void."""


class Stopping(Exception):
    """This worker was told to stop: the claim goes back unused."""


class Watch:
    """Called with every event of a running sandbox: keeps the lease, tells the page, ends what must end."""

    def __init__(self, job: GradingJob) -> None:
        self.job, self._renewed = job, time.monotonic()

    def __call__(self, event: dict[str, Any]) -> None:
        if stopping.requested():
            raise Stopping
        if time.monotonic() - self._renewed > settings.LEASE_RENEW:
            self._renewed = time.monotonic()
            if not queue.renew(self.job):
                raise LeaseLost
        if event["type"] == "stream":
            event = {**event, "text": event["text"][:_MAX_PROGRESS_TEXT]}
        if event["type"] in {"cell", "stream"}:
            live.publish(queue.topic(self.job), event)


def work_on(job: GradingJob) -> None:
    """Grade a claimed job up to its raw result. Every way out leaves the job in a state of its own."""
    try:
        environment = environments.find(job.submission.exercise.environment)
        result = sandbox.run(_sandbox_job(job, environment.path), on_event=Watch(job))
        queue.store_result(job, json.loads(result.to_json()), environment_digest=environment.digest)
    except Stopping:
        queue.give_back(job)
    except LeaseLost:
        logger.warning("submission %s: the lease was lost, its result is void", job.submission_id)
    except sandbox.SandboxUnavailable as error:
        logger.error("submission %s waits: %s", job.submission_id, error)  # noqa: TRY400 - a sentence says it all
        queue.give_back(job, why=str(error))
        raise
    except DatabaseError:
        raise  # nothing can be written now; the lease runs out and the dispatcher takes the job back
    except Exception as error:  # whatever else it is, it is ours and not the learner's
        logger.exception("submission %s: a fault of ours", job.submission_id)
        queue.count_fault(job, failure=f"{type(error).__name__}: {error}"[:500])


def _sandbox_job(job: GradingJob, environment: Any) -> sandbox.Job:
    exercise = job.submission.exercise
    submitted = notebook.rebuild(
        notebook.parse(artifacts.read(job.submission.artifact_sha256)),
        notebook.parse_trusted(artifacts.read(exercise.master_sha256)),
    )
    return job_for(
        submitted.notebook, environment=str(environment), simulator=exercise.simulator, limits=exercise.limits
    )
