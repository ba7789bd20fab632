"""Staff without mail get in with a one-time code that an admin hands over."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from people.models import LoginCode, OrganizationUnit, Person, User
from people.services.accounts import ALPHABET, CODE_TRIES, issue_login_code
from people.services.employments import hire
from people.services.people import suspend
from records.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db
NEW = "correct horse battery"


@pytest.fixture
def worker() -> Person:
    """Without e-mail; number A-77 at Electronics."""
    worker = factories.person("worker")
    home = factories.affiliate()
    hire(worker, unit=home, on=home.today(), number="A-77", primary=False, by=None)
    return worker


@pytest.fixture
def code(worker: Person) -> str:
    return issue_login_code(worker.user, by=factories.admin().user)


def redeem(client: Client, code: str, password: str = NEW, **fields: Any) -> str:
    """The page that follows, or "" after a first login that went well."""
    words = {
        "affiliate": "electronics",
        "number": "A-77",
        "code": code,
        "password": password,
        "again": password,
    }
    answer = client.post("/first-login/", words | fields, HTTP_ACCEPT_LANGUAGE="en")
    return "" if answer.status_code == 302 else answer.content.decode()


def test_a_code_sets_the_password_and_leads_in(client: Client, worker: Person, code: str) -> None:
    assert redeem(client, code) == ""
    assert client.session["_auth_user_id"] == str(worker.user_id)
    worker.user.refresh_from_db()
    assert worker.user.check_password(NEW)
    actions = AuditEvent.objects.filter(subject=worker.user).values_list("action", flat=True)
    assert {"account.issue_code", "account.redeem_code"} <= set(actions)


def test_a_code_is_read_as_people_type_it(client: Client, code: str) -> None:
    typed = code.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert redeem(client, f" {typed} ") == ""


def test_codes_have_no_letters_that_look_alike_and_are_kept_hashed(worker: Person, code: str) -> None:
    assert len(code) == 11
    assert not set("ILOU") & set(ALPHABET)
    assert code.replace("-", "") not in LoginCode.objects.get(user=worker.user).code_hash


def test_a_code_works_once(client: Client, code: str) -> None:
    assert redeem(client, code) == ""
    assert "does not fit" in redeem(Client(), code, "another good password")


def test_a_new_code_ends_the_older_one(client: Client, worker: Person, code: str) -> None:
    newer = issue_login_code(worker.user, by=factories.admin().user)
    assert "does not fit" in redeem(client, code)
    assert redeem(client, newer) == ""


def test_a_code_ends_after_72_hours(client: Client, code: str) -> None:
    assert LoginCode.objects.get().expires_at > timezone.now() + datetime.timedelta(hours=71)
    LoginCode.objects.update(expires_at=timezone.now())
    assert "does not fit" in redeem(client, code)


def test_a_code_may_be_tried_five_times(client: Client, code: str) -> None:
    for _ in range(CODE_TRIES):
        assert "does not fit" in redeem(client, "AAAAA-AAAAA")
    assert "does not fit" in redeem(client, code)


def test_a_password_that_will_not_do_costs_no_code(client: Client, code: str) -> None:
    assert "too short" in redeem(client, code, "short")
    assert "entirely numeric" in redeem(client, code, "93847561029384")
    assert "not the same" in redeem(client, code, again="something else")
    assert "too similar" in redeem(client, code, "worker@example.com")
    assert LoginCode.objects.get().tries <= 1
    assert redeem(client, code) == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"number": "A-78"},
        {"affiliate": "", "number": "", "login": "nobody@example.com"},
        {"number": "A-77\0"},
        {"code": "\0" * 20},
        {"code": "x" * 10_000},
        {"password": "p" * 10_000, "again": "p" * 10_000},
        {"affiliate": "nowhere"},
        {"affiliate": "", "number": ""},
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    client: Client, code: str, fields: dict[str, str]
) -> None:
    page = redeem(client, **({"code": code} | fields))
    assert 'role="alert"' in page
    assert "_auth_user_id" not in client.session


def test_codes_are_for_open_accounts_and_for_those_one_outranks(worker: Person) -> None:
    admin, boss = factories.admin(), factories.admin("group_admin")
    with pytest.raises(ValidationError, match="holds a role"):
        issue_login_code(factories.admin().user, by=admin.user)
    assert issue_login_code(admin.user, by=boss.user)
    suspend(worker, reason="Gone", by=boss.user)
    with pytest.raises(ValidationError, match="closed"):
        issue_login_code(worker.user, by=boss.user)


def test_a_group_admin_gives_no_code_for_a_superuser(worker: Person) -> None:
    worker.user.is_superuser = True
    worker.user.save(update_fields=["is_superuser"])
    with pytest.raises(ValidationError, match="may do everything"):
        issue_login_code(worker.user, by=factories.admin("group_admin").user)
    assert not worker.user.login_codes.exists()
    assert issue_login_code(worker.user, by=User.objects.create_superuser("root", "secret"))


def test_the_second_factor_stands_behind_a_code_too(client: Client) -> None:
    admin, boss = factories.admin(), factories.admin("group_admin")
    code = issue_login_code(admin.user, by=boss.user)
    words = {"login": admin.user.username, "code": code, "password": NEW, "again": NEW}
    assert client.post("/first-login/", words)["Location"] == "/login/code/"
    assert "_auth_user_id" not in client.session


def test_the_number_opens_the_login_in_both_ways(client: Client, worker: Person) -> None:
    pair = {"affiliate": "electronics", "number": "A-77", "password": "secret"}
    assert client.post("/login/", pair).status_code == 302
    other = Client()
    assert other.post("/login/", {"login": "electronics/A-77", "password": "secret"}).status_code == 302
    assert OrganizationUnit.objects.filter(code="electronics").exists()
