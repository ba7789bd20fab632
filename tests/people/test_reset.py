"""The way back in by mail, and changing a password."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from people.models import Person, User
from records.models import AuditEvent, OutgoingMail
from tests import factories

pytestmark = pytest.mark.django_db
NEW = "correct horse battery"


def mailed_link(email: str = "jiwoo@example.com") -> str:
    """The path in the mail that this asked for."""
    Client().post("/login/reset/", {"email": email})
    found = re.search(r"https?://\S+", str(mail.outbox[-1].body))
    assert found
    return urlsplit(found[0]).path


def set_password(client: Client, path: str, password: str = NEW) -> str:
    """The page that follows, or "" when the password is set."""
    page = client.get(path, HTTP_ACCEPT_LANGUAGE="en", follow=True)
    at = page.redirect_chain[-1][0] if page.redirect_chain else path
    words = {"password": password, "again": password}
    answer = client.post(at, words, HTTP_ACCEPT_LANGUAGE="en")
    return "" if answer.status_code == 302 else answer.content.decode()


def test_a_mailed_link_sets_the_password_once(client: Client) -> None:
    person = factories.person("jiwoo")
    link = mailed_link()
    assert set_password(client, link) == ""
    assert User.objects.get(pk=person.user_id).check_password(NEW)
    assert "used up" in set_password(Client(), link, "another good password")
    assert AuditEvent.objects.filter(action="account.reset_password", subject=person.user).exists()


def test_somebody_without_a_password_gets_the_link_too(client: Client) -> None:
    person = factories.person("jiwoo")
    person.user.set_unusable_password()
    person.user.save()
    assert set_password(client, mailed_link()) == ""


def test_nobody_learns_who_has_an_account(client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "records.mail.outbox.OutboxBackend"
    factories.person("jiwoo")
    closed = factories.person("closed")
    User.objects.filter(pk=closed.user_id).update(is_active=False)
    pages = [
        client.post("/login/reset/", {"email": email}).content.decode().replace(email, "")
        for email in ("jiwoo@example.com", "nobody@example.com", "closed@example.com", "jıwoo@example.com")
    ]
    texts = [re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page) for page in pages]
    assert len(set(texts[:3])) == 1
    assert [message.to for message in OutgoingMail.objects.all()] == ["jiwoo@example.com"]


def test_an_answer_about_nobody_takes_as_much_work(client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "records.mail.outbox.OutboxBackend"
    factories.person("jiwoo")
    asked = []
    for email in ("jiwoo@example.com", "nobody@example.com"):
        with CaptureQueriesContext(connection) as queries:
            client.post("/login/reset/", {"email": email})
        asked.append(len(queries))
    assert abs(asked[0] - asked[1]) <= 2


def test_an_account_is_not_flooded_with_mails(client: Client) -> None:
    factories.person("jiwoo")
    for _ in range(15):
        client.post("/login/reset/", {"email": "jiwoo@example.com"})
    assert len(mail.outbox) == 10


@pytest.mark.parametrize(("language", "word"), [("en", "Set your password"), ("", "Set your password")])
def test_the_mail_speaks_the_persons_language(language: str, word: str) -> None:
    person = factories.person("jiwoo")
    User.objects.filter(pk=person.user_id).update(language=language)
    mailed_link()
    assert word in mail.outbox[-1].subject or not language
    assert "jiwoo" in str(mail.outbox[-1].body).lower()


@pytest.mark.parametrize("path", ["/login/reset/x/y/", "/login/reset/////", "/login/reset/AAAA/now/"])
def test_odd_links_are_used_up_or_not_there(client: Client, path: str) -> None:
    assert client.get(path).status_code in {404, 410}


def test_a_password_that_will_not_do_is_refused_at_its_field(client: Client) -> None:
    factories.person("jiwoo")
    link = mailed_link()
    assert "too short" in set_password(client, link, "short")
    assert "too similar" in set_password(client, link, "jiwoo@example.com")
    assert "at most 200" in set_password(client, link, "x" * 10_000)
    assert set_password(client, link) == ""


@pytest.fixture
def jiwoo(client: Client) -> Person:
    """Logged in with `client`."""
    person = factories.person("jiwoo")
    client.post("/login/", {"login": "jiwoo", "password": "secret"})
    return person


def change(client: Client, old: str, password: str = NEW) -> str:
    words = {"old": old, "password": password, "again": password}
    answer = client.post("/account/password/", words, HTTP_ACCEPT_LANGUAGE="en")
    return "" if answer.status_code == 302 else answer.content.decode()


def test_changing_asks_for_the_old_password_and_ends_other_sessions(client: Client, jiwoo: Person) -> None:
    User.objects.filter(pk=jiwoo.user_id).update(language="en")
    other = Client()
    other.post("/login/", {"login": "jiwoo", "password": "secret"})
    assert "not your password" in change(client, "wrong")
    assert change(client, "secret") == ""
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert "changed" in mail.outbox[-1].subject
    assert client.get("/account/sessions/").content.decode().count("This one") <= 1


def test_the_old_password_cannot_be_guessed_for_ever(client: Client, jiwoo: Person) -> None:
    pages = [change(client, "wrong") for _ in range(11)]
    assert ["Too many" in page for page in pages] == [False] * 10 + [True]
