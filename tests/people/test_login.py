from __future__ import annotations

import pytest
from django.test import Client

from people.models import User
from tests.factories import person

pytestmark = pytest.mark.django_db


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
