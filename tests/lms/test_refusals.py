"""The way back after an expired login, and refusals that no form shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from lms.refusals import Refusals
from tests.factories import course

pytestmark = pytest.mark.django_db
PAGE = "http://testserver/courses/adding-up/?from=home"
LOGIN = "/login/?next=%2Fcourses%2Fadding-up%2F%3Ffrom%3Dhome"


def refused(error: Exception) -> HttpResponse | None:
    answered: Callable[[HttpRequest], HttpResponse] = lambda _request: HttpResponse()  # noqa: E731
    return Refusals(answered).process_exception(RequestFactory().get("/"), error)


def test_after_a_post_the_login_leads_back_to_the_page_of_the_form(client: Client) -> None:
    course()
    answer = client.post("/courses/adding-up/enroll/", headers={"referer": PAGE})
    assert answer.headers["Location"] == LOGIN


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/courses/", "//elsewhere.example/"])
def test_a_form_from_elsewhere_leads_home(client: Client, referer: str) -> None:
    course()
    answer = client.post("/courses/adding-up/enroll/", headers={"referer": referer})
    assert answer.headers["Location"] == "/login/?next=%2F"


def test_a_fragment_sends_the_whole_page_to_the_login(client: Client) -> None:
    answer = client.get("/", headers={"hx-request": "true", "hx-current-url": PAGE})
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == LOGIN
    assert answer.content == b""


def test_a_page_that_is_opened_leads_back_to_itself(client: Client) -> None:
    answer = client.get("/teaching/", headers={"referer": PAGE})
    assert answer.headers["Location"] == "/login/?next=/teaching/"


def test_a_refusal_that_left_its_view_is_a_422_with_its_sentence() -> None:
    answer = refused(ValidationError("The last day lies before the first."))
    assert answer is not None
    assert answer.status_code == 422
    assert "The last day lies before the first." in answer.content.decode()


def test_too_many_is_a_429() -> None:
    answer = refused(ValidationError("Ten are being graded already.", code="too_many_open"))
    assert answer is not None
    assert answer.status_code == 429
    assert "Wait a few minutes" in answer.content.decode()


def test_a_fault_stays_a_fault() -> None:
    assert refused(RuntimeError("broken")) is None
