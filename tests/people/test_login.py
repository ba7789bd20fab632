from __future__ import annotations

import datetime
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.cache import cache
from django.db.models import F
from django.test import Client
from pytest_django import Settings

from people import throttle
from people.models import EmployeeNumber, User
from tests.factories import affiliate, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()


def try_login(client: Client, login: str, password: str, **extra: Any) -> str:
    """The page that follows, or "" after a login that went well."""
    words = {"login": login, "password": password}
    answer = client.post("/login/", words, HTTP_ACCEPT_LANGUAGE="en", **extra)
    return "" if answer.status_code == 302 else answer.content.decode()


@pytest.mark.parametrize("login", ["jiwoo", "jiwoo@example.com", "JIWOO@example.com"])
def test_people_log_in_by_name_or_email(client: Client, login: str) -> None:
    person("jiwoo")
    assert client.post("/login/", {"login": login, "password": "secret"})["Location"] == "/"


@pytest.mark.parametrize(
    ("login", "password"), [("jiwoo", "wrong"), ("nobody", "secret"), ("", ""), ("x" * 999, "y")]
)
def test_a_failed_login_does_not_tell_who_has_an_account(client: Client, login: str, password: str) -> None:
    person("jiwoo")
    answer = client.post("/login/", {"login": login, "password": password}, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_deactivated_account_cannot_log_in(client: Client) -> None:
    person("jiwoo")
    User.objects.update(is_active=False)
    client.post("/login/", {"login": "jiwoo", "password": "secret"})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("chosen", ["demo", "long and secret"])
def test_only_the_published_demo_password_stands_on_the_page(
    client: Client, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    person("jiwoo")
    User.objects.update(is_demo=True)
    monkeypatch.setenv("DEMO_PASSWORD", chosen)
    page = client.get("/login/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "jiwoo" in page
    assert ("The password of each is" in page) is (chosen == "demo")
    assert "No mail leaves this site" in page  # there is no mail server in tests
    assert "long and secret" not in page


@pytest.mark.parametrize("path", ["/", "/courses/x/", "/teaching/", "/courses/x/units/y/"])
def test_strangers_are_sent_to_the_login(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/login/?next={path}"


def test_a_login_goes_only_to_addresses_of_this_site(client: Client) -> None:
    person("jiwoo")
    answer = client.post(
        "/login/?next=https://evil.example/",
        {"login": "jiwoo", "password": "secret", "next": "//evil.example"},
    )
    assert answer["Location"] == "/"


def test_an_account_is_locked_after_ten_tries_and_others_are_not(client: Client) -> None:
    person("jiwoo")
    person("minseo")
    for number in range(throttle.NAME_TRIES):
        name = ["jiwoo", "JIWOO@example.com", " Jiwoo@example.com "][number % 3]
        assert "Too many" not in try_login(client, name, "wrong")
    page = try_login(client, "jiwoo", "secret")
    assert "The login or the password is not right" in page
    assert "Too many tries" in page
    assert try_login(client, "minseo", "secret") == ""


def test_a_name_without_an_account_is_locked_alike(client: Client) -> None:
    pages = [try_login(client, "nobody", "wrong") for _ in range(throttle.NAME_TRIES + 1)]
    assert ["Too many tries" in page for page in pages] == [False] * throttle.NAME_TRIES + [True]


@pytest.mark.parametrize("login", ["{}@example.com", "somewhere/{}"])
@pytest.mark.parametrize(("sign", "other"), [("o", "ｏ"), ("o", "O"), ("i", "İ"), ("ss", "ß"), ("/", " / ")])
def test_no_other_way_of_writing_a_login_tells_whether_there_is_an_account(
    client: Client, login: str, sign: str, other: str
) -> None:
    known = person("jissoo", at=affiliate("somewhere"))
    EmployeeNumber.objects.create(person=known, affiliate=affiliate("somewhere"), number="jissoo")
    answers = []
    for name in ("jissoo", "nissoo"):
        for _ in range(throttle.NAME_TRIES):
            try_login(client, login.format(name), "wrong")
        answers.append("Too many" in try_login(client, login.format(name).replace(sign, other), "wrong"))
    assert answers[0] == answers[1]


def test_a_lock_ends(client: Client) -> None:
    person("jiwoo")
    for _ in range(throttle.NAME_TRIES + 1):
        page = try_login(client, "jiwoo", "wrong")
    assert "Too many" in page
    assert "Too many" in try_login(client, "jiwoo", "secret")
    a_lock = datetime.timedelta(seconds=throttle.LOCK_SECONDS)
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - a_lock)  # as if so much time had gone by
    assert try_login(client, "jiwoo", "secret") == ""


def test_the_right_password_begins_the_count_anew(client: Client) -> None:
    person("jiwoo")
    for _ in range(3):
        for _ in range(throttle.NAME_TRIES - 1):
            assert "Too many" not in try_login(client, "jiwoo", "wrong")
        assert try_login(client, "jiwoo", "secret") == ""
        client.logout()


def test_one_address_cannot_try_every_account(client: Client) -> None:
    person("jiwoo")
    for number in range(throttle.ADDRESS_TRIES):
        assert "Too many" not in try_login(client, f"nobody{number}", "wrong")
    assert "Too many" in try_login(client, "jiwoo", "secret")
    assert try_login(client, "jiwoo", "secret", REMOTE_ADDR="10.0.0.9") == ""


def test_logins_that_go_well_do_not_count_against_a_classroom(client: Client) -> None:
    person("jiwoo")
    for _ in range(throttle.ADDRESS_TRIES + 1):
        assert try_login(client, "jiwoo", "secret") == ""
        client.logout()


def test_behind_a_proxy_the_address_is_what_it_adds(client: Client, settings: Settings) -> None:
    settings.HTTPS = True
    person("jiwoo")
    for number in range(throttle.ADDRESS_TRIES):
        try_login(client, f"nobody{number}", "wrong", HTTP_X_FORWARDED_FOR=f"10.1.1.{number}, 10.0.0.8")
    assert "Too many" in try_login(client, "jiwoo", "secret", HTTP_X_FORWARDED_FOR="10.0.0.8")
    assert try_login(client, "jiwoo", "secret", HTTP_X_FORWARDED_FOR="10.0.0.8, 10.0.0.7") == ""


def test_old_addresses_written_the_new_way_are_not_all_one(client: Client) -> None:
    person("jiwoo")
    for number in range(throttle.ADDRESS_TRIES):
        try_login(client, f"nobody{number}", "wrong", REMOTE_ADDR="::ffff:10.1.1.1")
    assert "Too many" in try_login(client, "jiwoo", "secret", REMOTE_ADDR="10.1.1.1")
    assert try_login(client, "jiwoo", "secret", REMOTE_ADDR="::ffff:10.2.2.2") == ""
