"""A body that is too large, and a disk that is full: both end in a sentence."""

from __future__ import annotations

import asyncio
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from lms import bodies, limits, urls
from lms.wire import Message


def full_database(_request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'; END $$")
    return HttpResponse()


def cleaning_up_a_full_disk(_request: HttpRequest) -> HttpResponse:
    try:
        with Path("/dev/full").open("wb") as device:
            device.write(b"x")
    except OSError as error:
        raise ValueError("what was begun could not be undone") from error
    return HttpResponse()


def broken(_request: HttpRequest) -> HttpResponse:
    raise FileNotFoundError("something else")


handler500 = urls.handler500
urlpatterns = [
    path("full-database/", full_database),
    path("full-disk/", cleaning_up_a_full_disk),
    path("broken/", broken),
    *urls.urlpatterns,
]


class ToFullDisk(FileUploadHandler):
    """Writes uploads to a disk on which nothing fits, as Django's own does while it parses."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        with Path("/dev/full").open("wb", buffering=0) as device:
            device.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> Any:
        return None


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True, raise_request_exception=False, HTTP_ACCEPT_LANGUAGE="en")


def test_an_upload_that_meets_a_full_disk_gets_a_sentence(browser: Client, settings: Settings) -> None:
    settings.FILE_UPLOAD_HANDLERS = [f"{__name__}.ToFullDisk"]
    browser.cookies["csrftoken"] = "x" * 32
    answer = browser.post("/login/", {"notebook": SimpleUploadedFile("x.ipynb", b"x" * 300_000)})
    assert answer.status_code == 507
    assert "no attempt was used" in answer.content.decode()


class Once:
    """Raises at the first read and is empty after it, as a lost body is."""

    def __init__(self, error: Exception) -> None:
        self.errors = [error]

    def read(self, size: int) -> bytes:
        if self.errors:
            raise self.errors.pop()
        return b""

    readline = read


def test_a_body_that_meets_a_full_disk_on_its_way_in_gets_a_sentence(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", partial(Path("/dev/full").open, "r+b"))

    async def receive() -> Message:
        return {"type": "http.request", "body": b"x" * 100_000, "more_body": False}

    async def lost() -> bodies.BodyLost:
        async with bodies.Intake().body(receive, address="", declared=100_000) as body:
            replay = body.replay()
            with pytest.raises(bodies.BodyLost) as caught:
                await replay()
            assert (await replay())["body"] == b""
            return caught.value

    browser.cookies["csrftoken"] = "x" * 32
    extra: dict[str, Any] = {
        "wsgi.input": Once(asyncio.run(lost())),
        "CONTENT_LENGTH": "100000",
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
    }
    assert browser.generic("POST", "/login/", **extra).status_code == 507


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("address", "status"), [("/full-database/", 507), ("/full-disk/", 507), ("/broken/", 500)]
)
def test_a_full_disk_is_told_from_other_faults(browser: Client, address: str, status: int) -> None:
    assert browser.get(address).status_code == status


class Body:
    """What a client sends: endless, each piece after a pause, and counted as it is read."""

    def __init__(self, pause: float = 0) -> None:
        self.pause, self.taken = pause, 0

    def read(self, size: int) -> bytes:
        time.sleep(self.pause)
        self.taken += size
        return b"x" * size

    readline = read


def post(body: Body, length: int) -> int:
    extra: dict[str, Any] = {"wsgi.input": body, "CONTENT_LENGTH": str(length)}
    answer = Client().generic("POST", "/login/", **extra)
    return int(answer.status_code)


def test_a_body_that_is_too_large_is_read_to_its_end() -> None:
    body = Body()
    assert post(body, limits.MAX_BODY + 1) == 413
    assert body.taken == limits.MAX_BODY + 1


def test_a_body_far_too_large_is_read_so_far_and_no_further() -> None:
    body = Body()
    assert post(body, 10**12) == 413
    assert body.taken == limits.DRAIN_BYTES


def test_a_slow_body_is_read_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DRAIN_SECONDS", 0.5)
    began = time.monotonic()
    assert post(Body(pause=0.1), 10**12) == 413
    assert 0.5 <= time.monotonic() - began < 1
