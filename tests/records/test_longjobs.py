"""Long work in this process: its services, its ways out, and what is left behind each."""

from __future__ import annotations

import datetime
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from pytest_django import Settings

from people.models import User
from records import artifacts, longjobs, stopping
from records.longjobs import LongWork, leftovers, queue, registry, work
from records.models import AuditEvent, LongJob
from tests.records.steps import KIND

pytestmark = pytest.mark.django_db
State = LongJob.State


@pytest.fixture(autouse=True)
def own_kinds() -> Iterator[None]:
    before = dict(registry.kinds)
    yield
    registry.kinds.clear()
    registry.kinds.update(before)


@pytest.fixture
def user() -> User:
    return User.objects.create_user("kim", "secret")


def start(run: object = None, **params: object) -> LongJob:
    if run is not None:
        longjobs.register("tests.here", label="Here", run=run)  # type: ignore[arg-type]
    return longjobs.start_job("tests.here" if run else KIND, by=None, params=params)


def work_on_next() -> LongJob:
    job = queue.claim()
    assert job is not None
    work.work_on(job)
    return LongJob.objects.get(pk=job.pk)


def test_a_job_ends_with_its_progress_and_its_file(tmp_path: Path, user: User) -> None:
    params = {"steps": 3, "file": str(tmp_path / "steps")}
    started = longjobs.start_job(KIND, by=user, params=params)
    job = work_on_next()
    assert (job.pk, job.state, job.done, job.total, job.percent) == (started.pk, State.DONE, 3, 3, 100)
    assert str(job.note) == "step 2"
    assert job.finished_at is not None
    with artifacts.open_file(job.result_key) as file:
        assert (file.read(), job.result_bytes, job.has_file) == (b"steps\n", 6, True)
    event = AuditEvent.objects.of(job).get()
    assert (event.action, event.actor, event.after["params"]) == ("longjob.start", user, params)


def test_under_one_key_one_job_is_open(user: User, tmp_path: Path) -> None:
    params = {"steps": 1, "file": str(tmp_path / "steps")}
    first = longjobs.start_job(KIND, by=user, params=params, unique="people")
    assert longjobs.start_job(KIND, by=user, params=params, unique="people") == first
    assert longjobs.start_job(KIND, by=user, params=params, unique="courses") != first
    assert AuditEvent.objects.of(first).count() == 1
    work_on_next()
    assert longjobs.start_job(KIND, by=user, params=params, unique="people") != first


def test_a_kind_that_nobody_registered_is_refused() -> None:
    with pytest.raises(KeyError):
        longjobs.start_job("tests.unknown", by=None)


def test_a_waiting_job_is_cancelled_at_once(user: User, tmp_path: Path) -> None:
    job = start(steps=1, file=str(tmp_path / "steps"))
    assert longjobs.cancel_job(job, by=user)
    assert not longjobs.cancel_job(job, by=user)
    job.refresh_from_db()
    assert (job.state, queue.claim()) == (State.CANCELLED, None)
    assert [event.action for event in AuditEvent.objects.by_actor(user)] == ["longjob.cancel"]


def test_a_running_job_is_cancelled_at_its_next_step(user: User) -> None:
    steps = []

    def run(work: LongWork) -> None:
        work.result("half.csv", "text/csv", b"half")
        for number in range(5):
            steps.append(number)
            longjobs.cancel_job(work.job, by=user)
            work.progress(number, 5, checkpoint=number)

    start(run)
    job = work_on_next()
    assert (job.state, steps, job.result_key, job.has_file) == (State.CANCELLED, [0], "", False)


def test_a_process_that_is_told_to_stop_gives_the_job_back() -> None:
    def run(work: LongWork) -> None:
        stopping.request()
        work.progress(1, 2, checkpoint="one")

    start(run)
    try:
        job = work_on_next()
    finally:
        stopping._asked.clear()  # noqa: SLF001 - a real process ends instead
    assert (job.state, job.faults, job.checkpoint, job.lease_token) == (State.QUEUED, 0, "one", None)
    again = queue.claim()
    assert again is not None
    assert (again.attempts, LongWork(again).checkpoint) == (2, "one")


def test_a_worker_whose_lease_is_gone_writes_nothing() -> None:
    def run(work: LongWork) -> None:
        LongJob.objects.update(state=State.QUEUED, lease_token=None, lease_until=None)
        with pytest.raises(longjobs.LeaseLost):
            work.result("late.csv", "text/csv", b"late")
        work.progress(1, 2, checkpoint="late")

    start(run)
    job = work_on_next()
    assert (job.state, job.checkpoint, job.done, job.result_name) == (State.QUEUED, None, 0, "")


def test_a_failure_says_its_sentence_in_the_readers_language() -> None:
    def run(work: LongWork) -> None:
        raise longjobs.JobFailed(_("Waiting"))

    start(run)
    job = work_on_next()
    assert (job.state, job.faults, str(job.failure)) == (State.FAILED, 0, "Waiting")
    with translation.override("ko"):
        assert str(job.failure) != ""


def test_the_third_fault_of_ours_puts_a_job_aside() -> None:
    def run(work: LongWork) -> None:
        raise ZeroDivisionError("a bug")

    start(run)
    for faults in (1, 2):
        job = work_on_next()
        assert (job.state, job.faults, job.fault) == (State.QUEUED, faults, "ZeroDivisionError: a bug")
        assert queue.claim() is None  # it rests
        LongJob.objects.update(claimable_at=timezone.now())
    job = work_on_next()
    assert (job.state, job.faults) == (State.FAILED, 3)
    assert "interrupted three times" in str(job.failure)


def test_the_dispatcher_takes_an_expired_lease_back() -> None:
    start(lambda _work: None)
    job = queue.claim()
    assert job is not None
    queue.dispatch()
    assert LongJob.objects.get().state == State.RUNNING
    LongJob.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    queue.dispatch()
    again = LongJob.objects.get()
    assert (again.state, again.faults) == (State.QUEUED, 1)


def test_a_cancelled_job_whose_worker_died_is_cancelled(user: User) -> None:
    start(lambda _work: None)
    job = queue.claim()
    assert job is not None
    longjobs.cancel_job(job, by=user)
    LongJob.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    queue.dispatch()
    assert LongJob.objects.get().state == State.CANCELLED


def test_whoever_has_fewest_jobs_running_goes_first(user: User) -> None:
    longjobs.register("tests.here", label="Here", run=lambda _work: None)
    other = User.objects.create_user("lee", "secret")
    for by in (user, user, other):
        longjobs.start_job("tests.here", by=by)
    claimed = [queue.claim(), queue.claim()]
    assert [job and job.requested_by for job in claimed] == [user, other]


@pytest.mark.django_db(transaction=True)
def test_an_expired_file_leaves_the_disk(tmp_path: Path) -> None:
    start(steps=1, file=str(tmp_path / "steps"))
    job = work_on_next()
    LongJob.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    queue.remove_expired()
    with pytest.raises(FileNotFoundError):
        artifacts.open_file(job.result_key)
    job.refresh_from_db()
    assert (job.result_key, job.result_name, job.is_expired) == ("", "steps.csv", True)


def test_one_sees_ones_own_jobs_and_with_the_permission_all(user: User) -> None:
    longjobs.register("tests.here", label="Here", run=lambda _work: None)
    job = longjobs.start_job("tests.here", by=user)
    charlie = User.objects.create_user("charlie", "secret")
    root = User.objects.create_superuser("root", "secret")
    seen = LongJob.objects.visible_to
    assert [list(seen(who)) for who in (user, charlie, root)] == [[job], [], [job]]


def test_an_inline_job_is_left_alone_by_workers_and_resumes_after_ctrl_c(tmp_path: Path) -> None:
    def run(work: LongWork) -> None:
        work.progress(1, 2, checkpoint=work.checkpoint or "first")
        if work.job.attempts == 1:
            raise KeyboardInterrupt

    longjobs.register("tests.here", label="Here", run=run)
    job = longjobs.start_job("tests.here", by=None, unique="scale", inline=True)
    assert queue.claim() is None
    with pytest.raises(KeyboardInterrupt):
        longjobs.run_inline(job)
    again = longjobs.start_job("tests.here", by=None, unique="scale", inline=True)
    assert (again.pk, again.state, again.checkpoint, again.faults) == (job.pk, State.QUEUED, "first", 0)
    done = longjobs.run_inline(again)
    assert (done.state, done.attempts) == (State.DONE, 2)
    with pytest.raises(longjobs.JobIsHeld):
        longjobs.run_inline(done)


@pytest.mark.django_db(transaction=True)
def test_a_silent_step_keeps_its_lease(settings: Settings) -> None:
    settings.LEASE_RENEW = 0.1

    def run(work: LongWork) -> None:
        end = timezone.now() + datetime.timedelta(seconds=15)
        LongJob.objects.update(lease_until=end)
        while LongJob.objects.get().lease_until == end and timezone.now() <= end:
            time.sleep(0.05)  # silent until the lease is renewed, or over
        queue.dispatch()
        work.progress(1, 1, checkpoint=1)

    start(run)
    connection.close()
    job = work_on_next()
    assert (job.state, job.faults, job.attempts) == (State.DONE, 0, 1)


def keep(key: str) -> str:
    artifacts.store_file(io.BytesIO(b"part"), key=key)
    return key


def is_kept(key: str) -> bool:
    try:
        artifacts.open_file(key).close()
    except FileNotFoundError:
        return False
    return True


def test_files_that_ended_jobs_left_behind_are_removed_and_results_stay(tmp_path: Path) -> None:
    longjobs.register("tests.parts", label="Parts", run=lambda _work: None, parts="tests-parts")
    start(steps=1, file=str(tmp_path / "steps"))
    done = work_on_next()
    failed = longjobs.start_job("tests.parts", by=None)
    LongJob.objects.filter(pk=failed.pk).update(state=State.FAILED)
    open_one = longjobs.start_job("tests.parts", by=None)
    left = [
        keep(longjobs.key_of("results", done, 7)),
        keep(longjobs.key_of("tests-parts", failed, 0)),
        keep(longjobs.key_of("tests-parts", failed, 1)),
    ]
    kept = [
        done.result_key,
        keep(longjobs.key_of("tests-parts", open_one, 0)),
        keep("tests-parts/ab/no-job-at-all"),
        keep(longjobs.key_of("others", failed, 0)),
    ]
    leftovers.remove_leftovers()
    assert [key for key in left if is_kept(key)] == []
    assert [key for key in kept if is_kept(key)] == kept


def test_where_nothing_was_kept_nothing_is_left() -> None:
    longjobs.register("tests.never", label="Never", run=lambda _work: None, parts="tests-never")
    kept = keep("others/ab/of-nobody-here")
    leftovers.remove_leftovers()
    assert is_kept(kept)
