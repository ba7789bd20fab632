"""What an admin does from a person's page beside the forms: a one-time code, a lifted lock, a second job's end."""

from __future__ import annotations

import datetime
import re

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from people.models import Employment, LoginCode, Person, Role, User
from people.services.accounts import issue_login_code
from people.services.employments import hire
from people.throttle import NAME_TRIES
from records.models import AuditEvent
from tests import factories
from tests.people.browsing import client_of

pytestmark = pytest.mark.django_db
NEW = "correct horse battery"


@pytest.fixture
def worker() -> Person:
    """Number A-77 at Electronics, with a second job there since yesterday."""
    worker = factories.person("worker")
    home = factories.affiliate()
    yesterday = home.today() - datetime.timedelta(days=1)
    hire(worker, unit=home, on=yesterday, number="A-77", primary=False, by=None)
    return worker


def page_of(worker: Person, by: Person) -> str:
    return client_of(by).get(f"/people/{worker.pk}/").content.decode()


def actions_on(worker: Person, by: Person) -> set[str]:
    return set(AuditEvent.objects.filter(subject=worker.user, actor=by.user).values_list("action", flat=True))


def lock_out(login: str) -> None:
    for _try in range(NAME_TRIES):
        Client().post("/login/", {"login": login, "password": "wrong"})


def test_the_slip_has_all_that_a_first_login_needs(worker: Person) -> None:
    admin = factories.admin()
    address = f"/people/{worker.pk}/login-code/"
    assert address in page_of(worker, admin)
    answer = client_of(admin).post(address)
    slip = answer.content.decode()
    for words in ("/first-login/", "electronics", "A-77", "Works until"):
        assert words in slip
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", slip)
    assert found
    typed = {"affiliate": "electronics", "number": "A-77", "code": found[0], "password": NEW, "again": NEW}
    assert Client().post("/first-login/", typed).status_code == 302
    assert "account.issue_code" in actions_on(worker, admin)


def test_the_owner_of_a_mail_learns_that_a_code_set_the_password(
    worker: Person, mailoutbox: list[EmailMessage]
) -> None:
    User.objects.filter(pk=worker.user_id).update(language="en")
    code = issue_login_code(worker.user, by=factories.admin().user)
    typed = {"login": "worker@example.com", "code": code, "password": NEW, "again": NEW}
    Client().post("/first-login/", typed)
    assert [mail.to for mail in mailoutbox if "password" in mail.body] == [["worker@example.com"]]


def test_who_has_no_number_is_named_by_their_mail() -> None:
    plain = factories.person("plain")
    slip = client_of(factories.admin()).post(f"/people/{plain.pk}/login-code/").content.decode()
    assert "plain@example.com" in slip
    assert "Affiliate code" not in slip


def test_a_code_is_given_downwards_and_to_others_only(worker: Person) -> None:
    admin, boss = factories.admin(), factories.admin(Role.Kind.GROUP_ADMIN)
    assert client_of(admin).post(f"/people/{boss.pk}/login-code/").status_code == 404
    assert client_of(worker).post(f"/people/{admin.pk}/login-code/").status_code == 404
    answer = client_of(boss).post(f"/people/{boss.pk}/login-code/", follow=True)
    assert "your own account" in answer.content.decode()
    assert not LoginCode.objects.exists()
    assert f"/people/{boss.pk}/login-code/" not in page_of(boss, boss)
    assert client_of(boss).post(f"/people/{admin.pk}/login-code/").status_code == 200


def test_a_lock_is_shown_to_admins_and_lifted(worker: Person) -> None:
    admin = factories.admin()
    address = f"/people/{worker.pk}/lift-lock/"
    assert address not in page_of(worker, admin)
    lock_out("electronics/A-77")
    right = {"login": "worker", "password": "secret"}
    assert Client().post("/login/", right).status_code == 200
    assert address in page_of(worker, admin)
    assert client_of(factories.person()).post(address).status_code == 404
    client_of(admin).post(address)
    assert address not in page_of(worker, admin)
    assert Client().post("/login/", right).status_code == 302
    assert "account.lift_lock" in actions_on(worker, admin)


def test_a_second_job_ends_and_the_main_one_goes_on(worker: Person) -> None:
    admin, today = factories.admin(), factories.affiliate().today()
    job = worker.employments.get(primary=False)
    address = f"/people/employments/{job.pk}/end/"
    assert address in page_of(worker, admin)
    too_early = client_of(admin).post(address, {"on": "2020-01-01"})
    assert "before its first day" in too_early.context["form"].errors["on"][0]
    assert client_of(admin).post(address, {"on": str(today)}).status_code == 302
    job.refresh_from_db()
    assert job.ends_on == today
    assert worker.employments.get(primary=True).ends_on is None
    assert Person.objects.get(pk=worker.pk).status == Person.Status.ACTIVE
    assert "employment.end" in actions_on(worker, admin)


def test_a_main_job_and_that_of_others_cannot_be_ended_there(worker: Person) -> None:
    main = worker.employments.get(primary=True)
    stranger = factories.admin(at=factories.affiliate("chemical"))
    second = worker.employments.get(primary=False)
    assert client_of(factories.admin()).get(f"/people/employments/{main.pk}/end/").status_code == 404
    assert client_of(stranger).get(f"/people/employments/{second.pk}/end/").status_code == 404
    assert not Employment.objects.filter(person=worker).exclude(ends_on=None).exists()
