"""Django's admin is for operators: it shows, changes nothing, and notes who read about whom."""

from __future__ import annotations

import uuid

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString

from lms.admin_site import SECRET
from people.models import LoginCode, Person, User
from people.services.accounts import issue_login_code
from records.models import AuditEvent, LongJob
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Person:
    """Logged in with `client`."""
    operator = factories.admin("operator")
    client.force_login(operator.user)
    return operator


@pytest.mark.parametrize("kind", ["training_admin", "group_admin"])
def test_other_roles_and_mere_staff_are_refused(client: Client, kind: str) -> None:
    user = factories.admin(kind).user
    client.force_login(user)
    assert client.get("/admin/").status_code == 403
    assert client.get("/admin/people/user/").status_code == 403
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert client.get("/admin/people/user/", follow=True).status_code == 403


def test_strangers_are_sent_to_our_login(client: Client) -> None:
    answer = client.get("/admin/people/user/", follow=True)
    assert answer.redirect_chain[-1][0] == "/login/?next=/admin/people/user/"


def test_a_superuser_with_a_second_factor_can_use_it(client: Client) -> None:
    root = User.objects.create_superuser("root", "secret")
    client.force_login(root)
    assert client.get("/admin/")["Location"] == "/account/second-factor/"
    factories.second_factor(root)
    assert client.get("/admin/").status_code == 200


def test_every_list_opens_and_nothing_can_be_added_or_changed(client: Client, operator: Person) -> None:
    factories.enrollment(factories.course())
    labels = ("records", "people", "courses", "grading")
    for model in [
        *(model for label in labels for model in apps.get_app_config(label).get_models()),
        AccessAttempt,
    ]:
        path = reverse(admin_urlname(model._meta, SafeString("changelist")))  # noqa: SLF001
        assert client.get(path).status_code == 200, path
        assert client.get(f"{path}add/").status_code == 404, path
    for path in (f"/admin/people/person/{operator.pk}/", f"/admin/people/user/{operator.user_id}/"):
        assert client.post(f"{path}change/", {"email": "x@example.com"}).status_code == 403
        assert client.post(f"{path}delete/", {"post": "yes"}).status_code == 404
    assert not admin.site.is_registered(Authenticator)


def test_reading_about_a_person_is_noted(client: Client, operator: Person) -> None:
    worker = factories.person("worker")
    assert client.get(f"/admin/people/person/{worker.pk}/change/").status_code == 200
    event = AuditEvent.objects.get(action="person.view", subject=worker.user)
    assert (event.actor, event.object_id) == (operator.user, worker.pk)


def test_secrets_are_not_shown(client: Client, operator: Person) -> None:
    worker = factories.person("worker")
    issue_login_code(worker.user, by=factories.admin("group_admin").user)
    code = LoginCode.objects.get(user=worker.user)
    page = client.get(f"/admin/people/logincode/{code.pk}/change/").content.decode()
    assert code.code_hash not in page
    assert (
        worker.user.password
        not in client.get(f"/admin/people/user/{worker.user_id}/change/").content.decode()
    )


def test_the_token_that_a_worker_writes_under_is_not_shown(client: Client, operator: Person) -> None:
    token = uuid.uuid4()
    job = LongJob.objects.create(kind="x", state="running", lease_token=token, lease_until=timezone.now())
    page = client.get(f"/admin/records/longjob/{job.pk}/change/")
    assert page.status_code == 200
    assert str(token) not in page.content.decode()


@pytest.mark.parametrize(
    "lookup", ["people/user/?password__startswith=", "people/logincode/?code_hash__startswith="]
)
def test_secrets_are_not_to_be_guessed_by_a_filter(client: Client, operator: Person, lookup: str) -> None:
    issue_login_code(factories.person("worker").user, by=factories.admin("group_admin").user)
    assert client.get(f"/admin/{lookup}md5").status_code == 400
    assert client.get("/admin/people/user/?is_active__exact=1").status_code == 200


def test_an_operator_lifts_a_lock_and_that_is_noted(client: Client, operator: Person) -> None:
    factories.person("worker")
    stranger = Client()
    for _ in range(11):
        stranger.post("/login/", {"login": "worker", "password": "wrong"})
    row = AccessAttempt.objects.get(username="worker")
    assert row.post_data == row.get_data == ""
    client.post(f"/admin/axes/accessattempt/{row.pk}/delete/", {"post": "yes"})
    assert stranger.post("/login/", {"login": "worker", "password": "secret"}).status_code == 302
    assert AuditEvent.objects.get(action="admin.delete").actor == operator.user
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(("language", "word"), [("ko", "로그아웃"), ("en", "Log out")])
def test_it_speaks_both_languages(client: Client, operator: Person, language: str, word: str) -> None:
    User.objects.filter(pk=operator.user_id).update(language=language)
    assert word in client.get("/admin/").content.decode()


def test_tables_and_columns_have_words_of_the_reader(client: Client, operator: Person) -> None:
    User.objects.filter(pk=operator.user_id).update(language="ko")
    assert "소속 이력" in client.get("/admin/").content.decode()
    factories.person("worker")
    page = client.get("/admin/people/employment/").content.decode()
    for column in ("구성원", "조직", "직속 상사", "직무", "생성"):
        assert f">{column}</a>" in page, column
    with translation.override("ko"):
        fields = [field for model in admin.site._registry for field in model._meta.fields]  # noqa: SLF001
        words = {str(field.verbose_name) for field in fields if field.name not in SECRET}
    assert not {word for word in words if word.isascii()} - {"id", "ID"}
