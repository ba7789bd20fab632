"""The queue's promises, on the real database, without a broker."""

from __future__ import annotations

import datetime
import threading
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models.functions import Now

from grading import queue
from grading.models import GradingJob
from tests.factories import adding, answered, course, enrollment, submit

pytestmark = pytest.mark.django_db
State = GradingJob.State


@pytest.fixture
def job() -> GradingJob:
    return submit(enrollment(course()), answered(adding())).job


def rested(job: GradingJob) -> None:
    """The pause after a fault is over."""
    GradingJob.objects.filter(pk=job.pk).update(claimable_at=Now())


def expire(job: GradingJob) -> None:
    GradingJob.objects.filter(pk=job.pk).update(lease_until=Now() - datetime.timedelta(seconds=1))


def test_a_job_is_claimed_once(job: GradingJob) -> None:
    claimed = queue.claim("cpu")
    assert claimed is not None
    assert (claimed.pk, claimed.state) == (job.pk, State.RUNNING)
    assert queue.claim("cpu") is None


def test_the_oldest_job_is_claimed_first(job: GradingJob) -> None:
    later = submit(enrollment(job.submission.enrollment.run), answered(adding())).job
    assert (queue.place(job), queue.place(later)) == (1, 2)
    assert [queue.claim("cpu"), queue.claim("cpu")] == [job, later]


def test_a_learner_with_a_running_job_lets_others_go_first(job: GradingJob) -> None:
    mine = job.submission.enrollment
    second = submit(mine, answered(adding())).job
    other = submit(enrollment(mine.run), answered(adding())).job
    assert [queue.claim("cpu"), queue.claim("cpu"), queue.claim("cpu")] == [job, other, second]


def test_a_learner_has_only_so_many_submissions_on_their_way(job: GradingJob) -> None:
    mine = job.submission.enrollment
    for _ in range(queue.MAX_OPEN - 1):
        submit(mine, answered(adding()))
    with pytest.raises(ValidationError, match="still being graded"):
        submit(mine, answered(adding()))


def test_other_queues_are_left_alone(job: GradingJob) -> None:
    assert queue.claim("gpu") is None


def test_a_worker_that_lost_its_lease_writes_nothing(job: GradingJob) -> None:
    stale = queue.claim("cpu")
    assert stale is not None
    expire(job)
    queue.dispatch()
    rested(job)
    again = queue.claim("cpu")
    assert again is not None
    assert not queue.renew(stale)
    assert not queue.store_result(stale, {"status": "done"}, environment_digest="")
    queue.give_back(stale)
    queue.count_fault(stale, failure="late")
    job.refresh_from_db()
    assert (job.state, job.lease_token, job.faults, job.raw_result) == (
        State.RUNNING,
        again.lease_token,
        1,
        None,
    )


def test_a_renewed_lease_is_not_taken_back(job: GradingJob) -> None:
    claimed = queue.claim("cpu")
    assert claimed is not None
    expire(job)
    assert queue.renew(claimed)
    queue.dispatch()
    job.refresh_from_db()
    assert job.state == State.RUNNING


def test_three_faults_of_ours_end_a_job_and_use_no_attempt(job: GradingJob) -> None:
    for _ in range(3):
        claimed = queue.claim("cpu")
        assert claimed is not None
        queue.count_fault(claimed, failure="the disk broke")
        assert queue.claim("cpu") is None  # it rests first
        rested(job)
    job.refresh_from_db()
    assert (job.state, job.faults, job.failure) == (State.FAILED, 3, "the disk broke")
    assert queue.claim("cpu") is None
    assert not type(job.submission).objects.counted().exists()


def test_a_claim_given_back_counts_no_fault(job: GradingJob) -> None:
    claimed = queue.claim("cpu")
    assert claimed is not None
    queue.give_back(claimed, why="stopping")
    job.refresh_from_db()
    assert (job.state, job.faults, job.lease_token) == (State.QUEUED, 0, None)


def test_a_result_is_kept_once(job: GradingJob) -> None:
    claimed = queue.claim("cpu")
    assert claimed is not None
    assert queue.store_result(claimed, {"status": "done"}, environment_digest="abc")
    assert not queue.store_result(claimed, {"status": "forged"}, environment_digest="abc")
    job.refresh_from_db()
    assert (job.state, job.raw_result, job.environment_digest) == (State.JUDGED, {"status": "done"}, "abc")


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_at_once_get_different_jobs(job: GradingJob) -> None:
    run = job.submission.enrollment.run
    jobs = {job.pk} | {submit(enrollment(run), answered(adding())).job.pk for _ in range(3)}
    claimed: list[uuid.UUID] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        found = queue.claim("cpu")
        if found is not None:
            claimed.append(found.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 4
    assert set(claimed) == jobs
