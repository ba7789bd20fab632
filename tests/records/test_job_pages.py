from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from people.models import User
from records import artifacts, longjobs
from records.longjobs import queue, work
from records.models import AuditEvent, LongJob
from records.pages import in_words
from tests.records.steps import KIND

pytestmark = pytest.mark.django_db
State = LongJob.State


@pytest.fixture
def kim(client: Client) -> User:
    user = User.objects.create_user("kim", "secret")
    client.force_login(user)
    return user


def started(user: User, tmp_path: Path) -> LongJob:
    params = {"steps": 4, "file": str(tmp_path / "steps")}
    return longjobs.start_job(KIND, by=user, params=params)


def done(user: User, tmp_path: Path) -> LongJob:
    started(user, tmp_path)
    job = queue.claim()
    assert job is not None
    work.work_on(job)
    return LongJob.objects.get(pk=job.pk)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_shows_ones_own_jobs_in_few_queries(
    client: Client,
    kim: User,
    tmp_path: Path,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _number in range(count):
        started(kim, tmp_path)
    started(User.objects.create_user("lee", "secret"), tmp_path)
    with django_assert_max_num_queries(8):
        html = client.get("/jobs/").content.decode()
    assert html.count("<b>Taking steps</b>") == count


def test_an_empty_list_says_what_will_be_there(client: Client, kim: User) -> None:
    assert "No background work yet" in client.get("/jobs/").content.decode()


def test_many_jobs_come_in_pages(client: Client, kim: User, tmp_path: Path) -> None:
    for _number in range(25):
        started(kim, tmp_path)
    first = client.get("/jobs/?x=1")
    assert len(first.context["jobs"]) == 20
    link = f"?x=1&after={first.context['page'].next}"
    assert link.replace("&", "&amp;") in first.content.decode()
    assert len(client.get(f"/jobs/{link}").context["jobs"]) == 5


def test_the_page_of_a_running_job_shows_how_far_it_is_and_follows(
    client: Client, kim: User, tmp_path: Path
) -> None:
    job = started(kim, tmp_path)
    claimed = queue.claim()
    assert claimed is not None
    moment = timezone.now() - datetime.timedelta(seconds=30)
    LongJob.objects.update(claimed_at=moment, started_at=moment)
    longjobs.LongWork(claimed).progress(1, 4, "people", checkpoint=1)
    html = client.get(f"/jobs/{job.pk}/").content.decode()
    for expected in (
        "1 of 4 (25%)",
        "people",
        "About 2 min left",
        "hx-sse:connect",
        'http-equiv="refresh"',
        "Cancel",
    ):
        assert expected in html
    fragment = client.get(f"/jobs/{job.pk}/state/").content.decode()
    assert 'value="25"' in fragment
    assert "<html" not in fragment


def test_a_job_of_somebody_else_does_not_exist(client: Client, tmp_path: Path, kim: User) -> None:
    job = done(User.objects.create_user("lee", "secret"), tmp_path)
    for path in ("", "state/", "file/"):
        assert client.get(f"/jobs/{job.pk}/{path}").status_code == 404
    assert client.post(f"/jobs/{job.pk}/cancel/").status_code == 404
    client.logout()
    assert client.get(f"/jobs/{job.pk}/").status_code == 302


def test_whoever_asked_can_cancel(client: Client, kim: User, tmp_path: Path) -> None:
    job = started(kim, tmp_path)
    response = client.post(f"/jobs/{job.pk}/cancel/", follow=True)
    assert "It was cancelled" in response.content.decode()
    again = client.post(f"/jobs/{job.pk}/cancel/", follow=True)
    assert "ended already" in again.content.decode()


def test_the_file_is_streamed_under_its_name_and_the_download_is_audited(
    client: Client, kim: User, tmp_path: Path
) -> None:
    job = done(kim, tmp_path)
    assert "Download steps.csv" in client.get(f"/jobs/{job.pk}/").content.decode()
    response = client.get(f"/jobs/{job.pk}/file/")
    assert response.streaming
    assert b"".join(response.streaming_content) == b"steps\n"  # type: ignore[attr-defined]
    assert response["Content-Disposition"] == 'attachment; filename="steps.csv"'
    assert AuditEvent.objects.by_actor(kim).filter(action="longjob.download").count() == 1


def test_an_expired_file_says_so(client: Client, kim: User, tmp_path: Path) -> None:
    job = done(kim, tmp_path)
    LongJob.objects.update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    response = client.get(f"/jobs/{job.pk}/file/")
    assert response.status_code == 410
    assert "removed" in response.content.decode()
    assert "is gone" in client.get(f"/jobs/{job.pk}/").content.decode()


def test_a_job_without_a_file_has_none(client: Client, kim: User, tmp_path: Path) -> None:
    assert client.get(f"/jobs/{started(kim, tmp_path).pk}/file/").status_code == 404


def test_a_large_file_is_kept_under_a_key_that_can_be_removed(tmp_path: Path) -> None:
    source = tmp_path / "large"
    source.write_bytes(b"0123456789abcdef" * 2**17)
    with source.open("rb") as file:
        stored = artifacts.store_file(file, key="results/x")
        named = artifacts.store_file(file)
    assert (stored.size, stored.sha256) == (2**21, named.sha256)
    assert artifacts.read(named.sha256) == source.read_bytes()
    artifacts.remove(stored.key)
    artifacts.remove(stored.key)
    with pytest.raises(FileNotFoundError):
        artifacts.open_file(stored.key)


@pytest.mark.parametrize(
    ("seconds", "words"), [(4, "4 s"), (59.9, "59 s"), (61, "1 min"), (7500, "2 h 5 min")]
)
def test_spans_are_told_as_people_tell_them(seconds: float, words: str) -> None:
    assert in_words(datetime.timedelta(seconds=seconds)) == words
