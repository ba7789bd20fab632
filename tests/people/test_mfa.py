"""The second factor: who must have one, and that it stands in every way in."""

from __future__ import annotations

import re
import time

import pytest
import redis
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_codes_yet() -> None:
    cache.clear()


def code_of(secret: str, steps: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def log_in(client: Client, name: str) -> str:
    return client.post("/login/", {"login": name, "password": "secret"})["Location"]


def test_with_an_app_a_login_asks_for_its_code(client: Client) -> None:
    secret = factories.second_factor(factories.person("jiwoo").user)
    assert log_in(client, "jiwoo") == "/login/code/"
    assert client.get("/account/").status_code == 302
    page = client.post("/login/code/", {"code": "000000"}, HTTP_ACCEPT_LANGUAGE="en")
    assert "This code is not right" in page.content.decode()
    assert client.post("/login/code/", {"code": code_of(secret)})["Location"] == "/"
    assert client.get("/account/").status_code == 200


def test_a_code_works_once_and_is_not_tried_for_ever(client: Client) -> None:
    secret = factories.second_factor(factories.person("jiwoo").user)
    log_in(client, "jiwoo")
    code = code_of(secret)
    client.post("/login/code/", {"code": code})
    other = Client()
    log_in(other, "jiwoo")
    assert other.post("/login/code/", {"code": code}).status_code == 200
    pages = [other.post("/login/code/", {"code": "1"}, HTTP_ACCEPT_LANGUAGE="en") for _ in range(5)]
    assert "Too many tries" in pages[-1].content.decode()


def test_all_web_processes_know_that_a_code_was_used(client: Client, settings: Settings) -> None:
    secret = factories.second_factor(factories.person("jiwoo").user)
    log_in(client, "jiwoo")
    client.post("/login/code/", {"code": code_of(secret)})
    kept = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"])
    (used,) = kept.keys("*code-used*")
    assert 60 < kept.ttl(used) <= 120
    assert code_of(secret) not in str(used)


def test_without_the_broker_a_password_alone_still_logs_in_and_no_code_does(
    client: Client, settings: Settings
) -> None:
    secret = factories.second_factor(factories.person("jiwoo").user)
    factories.person("minji")
    away = settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/broker.sock"}
    settings.CACHES = settings.CACHES | {"default": away}
    assert log_in(Client(), "minji") == "/"
    assert log_in(client, "jiwoo") == "/login/code/"
    answer = client.post("/login/code/", {"code": code_of(secret)}, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 503
    assert "This cannot be checked right now" in answer.content.decode()
    assert client.get("/account/").status_code == 302


def test_an_app_is_connected_and_recovery_codes_open_once(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    jiwoo = factories.person("jiwoo").user
    User.objects.filter(pk=jiwoo.pk).update(language="en")
    log_in(client, "jiwoo")
    page = client.get("/account/app/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert 'src="data:image/svg' in page
    found = re.search(r'class="secret">(\w+)<', page)
    assert found
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/account/app/", {"code": code_of(found[1])})
    assert answer["Location"] == "/account/recovery-codes/"
    assert any("authenticator app was connected" in str(message.body) for message in mail.outbox)
    assert found[1] not in str(Authenticator.objects.get(type="totp").data)
    codes = re.findall(r"<li><code>(\w+)</code>", client.get("/account/recovery-codes/").content.decode())
    assert len(codes) == 10
    for expected in ("/", None):
        other = Client()
        log_in(other, "jiwoo")
        answer = other.post("/login/code/", {"code": codes[0]})
        assert answer.headers.get("Location") == expected


def test_the_first_factor_ends_sessions_that_were_opened_without_it(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    admin = factories.admin()
    Authenticator.objects.all().delete()
    thief = Client()
    for each in (thief, client):
        log_in(each, admin.user.username)
    found = re.search(r'class="secret">(\w+)<', client.get("/account/app/").content.decode())
    assert found
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/account/app/", {"code": code_of(found[1])})
    assert client.get("/account/").status_code == 200
    assert thief.get("/account/")["Location"] == "/login/?next=/account/"


@pytest.mark.parametrize("kind", ["training_admin", "group_admin", "operator"])
def test_a_role_without_a_factor_can_only_set_one_up_or_log_out(client: Client, kind: str) -> None:
    admin = factories.admin(kind)
    Authenticator.objects.all().delete()
    log_in(client, admin.user.username)
    for path in ("/", "/account/", "/courses/x/", "/admin/", "/account/sessions/"):
        assert client.get(path)["Location"] == "/account/second-factor/"
    assert client.get("/", headers={"HX-Request": "true"})["HX-Redirect"] == "/account/second-factor/"
    assert client.get("/live/token/", {"old": "x"}).status_code == 403
    assert client.get("/account/second-factor/").status_code == 200
    assert client.get("/account/app/").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"


def test_a_role_with_a_factor_goes_on(client: Client) -> None:
    client.force_login(factories.admin().user)
    assert client.get("/account/").status_code == 200


def test_superusers_need_one_and_learners_do_not(client: Client) -> None:
    User.objects.create_superuser("root", "secret")
    log_in(client, "root")
    assert client.get("/account/")["Location"] == "/account/second-factor/"
    other = Client()
    factories.person("jiwoo")
    log_in(other, "jiwoo")
    assert other.get("/account/").status_code == 200


@pytest.mark.parametrize(("loopback", "status"), [(True, 200), (False, 302)])
def test_demo_accounts_need_one_only_where_others_reach_the_site(
    client: Client, settings: Settings, *, loopback: bool, status: int
) -> None:
    settings.LOOPBACK = loopback
    admin = factories.admin()
    Authenticator.objects.all().delete()
    User.objects.filter(pk=admin.user_id).update(is_demo=True)
    log_in(client, admin.user.username)
    assert client.get("/account/").status_code == status


def test_what_opens_the_account_is_changed_only_by_who_was_here_just_now(client: Client) -> None:
    factories.person("jiwoo")
    log_in(client, "jiwoo")
    assert client.get("/account/app/").status_code == 200
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()
    assert client.get("/account/app/")["Location"] == "/account/again/?next=%2Faccount%2Fapp%2F"
    wrong = client.post("/account/again/?next=/account/app/", {"password": "wrong"})
    assert wrong.status_code == 200
    again = client.post("/account/again/?next=/account/app/", {"password": "secret"})
    assert again["Location"] == "/account/app/"
    assert client.get("/account/app/").status_code == 200


def test_factors_of_others_are_not_there(client: Client) -> None:
    other = factories.person("other")
    key = Authenticator.objects.create(
        user=other.user, type="webauthn", data={"name": "Key", "credential": {}}
    )
    factories.person("jiwoo")
    log_in(client, "jiwoo")
    assert client.get(f"/account/passkeys/{key.pk}/remove/").status_code == 404
    assert client.post(f"/account/passkeys/{key.pk}/remove/").status_code == 404


@pytest.mark.parametrize(
    "body", ["", "x", "[]", "{}", '{"id": 1}', "null", '{"response": {"userHandle": 5}}']
)
def test_odd_passkeys_are_refused(client: Client, body: str) -> None:
    client.get("/login/passkey/", headers={"Accept": "application/json"})
    assert client.post("/login/passkey/", {"credential": body})["Location"] == "/login/"
    assert "_auth_user_id" not in client.session
