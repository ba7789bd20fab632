"""The daemon of sandboxes, or what it forks from, dies while a submission is graded."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db.models.functions import Now

import sandbox
from grading import queue, work
from grading.models import Grade, GradingJob, Submission
from grading.services.finishing import finish_job
from records import live
from sandbox import warm
from tests.factories import answered, course, enrollment, solution, source_notebook, submit, test_cell
from tests.sandbox.conftest import running_daemon

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]
fault = pytest.mark.fault
SOURCE = source_notebook(solution("add"), test_cell("test-add", "assert add(1, 2) == 3", 2))
# Long enough for whoever waits for the first event to strike in the middle.
SLOWLY = "import time\ntime.sleep(3)\ndef add(a, b):\n    return a + b"


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    with running_daemon("--memory-mb", "800") as (path, process):
        monkeypatch.setenv(warm.VARIABLE, path)
        assert warm.prepare(str(sandbox.find("base").path), wait=60), warm.state()
        yield process


@fault("the daemon of sandboxes is killed in the middle of a job")
def test_a_submission_outlives_the_daemon(daemon: subprocess.Popen[bytes]) -> None:
    assert_survived(submission_struck_by(daemon.kill))


@fault("the process that sandboxes come from is killed")
def test_a_submission_outlives_what_its_sandbox_came_from(daemon: subprocess.Popen[bytes]) -> None:
    (origin,) = [zygote["pid"] for zygote in warm.state()["zygotes"]]
    assert_survived(submission_struck_by(lambda: os.kill(origin, signal.SIGKILL)))


def submission_struck_by(strike: Callable[[], None]) -> Submission:
    """A submission whose job was struck while it ran, worked on once."""
    submission = submit(enrollment(course(SOURCE)), answered(SOURCE, add=SLOWLY))
    job = queue.claim("cpu")
    assert job is not None
    topic, struck = queue.topic(job), threading.Event()

    def wait_and_strike() -> None:
        end = time.monotonic() + 60
        while not any(event["type"] == "cell" for _id, event in live.latest(topic)):
            if time.monotonic() > end:
                return
            time.sleep(0.02)
        strike()
        struck.set()

    thread = threading.Thread(target=wait_and_strike)
    thread.start()
    work.work_on(job)
    thread.join()
    assert struck.is_set()
    return submission


def assert_survived(submission: Submission) -> None:
    """The fault was ours, and the next worker grades it: once, with all its points."""
    job = GradingJob.objects.get(submission=submission)
    assert (job.state, job.faults) == (GradingJob.State.QUEUED, 1), job.failure
    GradingJob.objects.update(claimable_at=Now())
    claimed = queue.claim("cpu")
    assert claimed is not None
    work.work_on(claimed)
    finish_job(str(claimed.pk))
    assert [grade.final for grade in Grade.objects.filter(submission=submission)] == [2]
