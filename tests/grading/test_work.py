"""A worker's ways out: each leaves the job in a state of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from courses.models import Enrollment
from grading import queue, work
from grading.models import GradingJob
from records import stopping
from tests.factories import adding, answered, course, enrollment, submit

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]
State = GradingJob.State


@pytest.fixture
def job() -> GradingJob:
    taken: Enrollment = enrollment(course(adding(limits={"seconds": 20})))
    submit(taken, answered(adding(), add="import time\ntime.sleep(30)"))
    claimed = queue.claim("cpu")
    assert claimed is not None
    return claimed


@pytest.fixture
def asked_to_stop() -> Iterator[None]:
    stopping.request()
    yield
    stopping._asked.clear()  # noqa: SLF001 - a real process ends instead


def test_a_worker_that_is_told_to_stop_returns_its_claim(job: GradingJob, asked_to_stop: None) -> None:
    work.work_on(job)
    job.refresh_from_db()
    assert (job.state, job.faults, job.lease_token) == (State.QUEUED, 0, None)


def test_a_worker_whose_lease_is_gone_stores_nothing(job: GradingJob, settings: Settings) -> None:
    settings.LEASE_RENEW = 0
    GradingJob.objects.filter(pk=job.pk).update(state=State.QUEUED, lease_token=None, lease_until=None)
    work.work_on(job)
    job.refresh_from_db()
    assert (job.state, job.faults, job.raw_result) == (State.QUEUED, 0, None)
