"""Where somebody is logged in, and ending it."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from people.models import Person, User
from people.services.accounts import (
    change_password,
    forget_ended_sessions,
    issue_login_code,
    redeem_login_code,
)
from people.services.people import reinstate, suspend
from tests import factories

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"


@pytest.fixture
def jiwoo() -> Person:
    return factories.person("jiwoo")


def session(agent: str = FIREFOX, login: str = "jiwoo") -> Client:
    client = Client(headers={"User-Agent": agent, "Accept-Language": "en"})
    assert client.post("/login/", {"login": login, "password": "secret"}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_sessions_are_told_in_words_and_this_one_is_marked(jiwoo: Person) -> None:
    here, _phone = session(), session(IPHONE)
    page = here.get("/account/sessions/").content.decode()
    assert "Firefox on Windows" in page
    assert "Safari on iPhone" in page
    assert page.count("This one") == 1


def test_one_session_is_ended_or_all_others(jiwoo: Person) -> None:
    here, phone, tablet = session(), session(IPHONE), session()
    page = here.get("/account/sessions/").content.decode()
    phones = UserSession.objects.get(user_agent=IPHONE)
    assert f"/account/sessions/{phones.pk}/end/" in page
    here.post(f"/account/sessions/{phones.pk}/end/")
    assert (is_in(here), is_in(phone), is_in(tablet)) == (True, False, True)
    assert here.post(f"/account/sessions/{phones.pk}/end/").status_code == 404
    here.post("/account/sessions/end-others/")
    assert (is_in(here), is_in(tablet)) == (True, False)


def test_sessions_of_others_are_not_there(jiwoo: Person) -> None:
    factories.person("minseo")
    here, other = session(), session(login="minseo")
    theirs = UserSession.objects.get(user__username="minseo")
    assert here.post(f"/account/sessions/{theirs.pk}/end/").status_code == 404
    here.post("/account/sessions/end-others/")
    assert is_in(other)


def test_deactivation_ends_sessions_tokens_and_codes_at_once(jiwoo: Person) -> None:
    boss = factories.admin("group_admin").user
    here = session()
    issue_login_code(jiwoo.user, by=boss)
    get_access_token_model().objects.create(user=jiwoo.user, token="t", expires=timezone.now())
    suspend(jiwoo, reason="Stolen laptop", by=boss)
    assert not is_in(here)
    assert not jiwoo.user.login_codes.exists()
    assert not get_access_token_model().objects.exists()
    reinstate(jiwoo, by=boss)
    assert not is_in(here)
    assert not Session.objects.exists()


def test_rows_of_sessions_go_once_their_time_is_over_and_no_others(jiwoo: Person) -> None:
    here, gone = session(), session(IPHONE)
    long_ago = timezone.now() - datetime.timedelta(days=15)
    Session.objects.filter(session_key=gone.session.session_key).update(expire_date=long_ago)
    UserSession.objects.filter(user_agent=IPHONE).update(last_seen_at=long_ago)
    forget_ended_sessions()
    assert Session.objects.get().session_key == here.session.session_key
    assert UserSession.objects.get().user_agent == FIREFOX
    assert is_in(here)


def test_another_password_ends_a_code_that_was_handed_over(jiwoo: Person) -> None:
    code = issue_login_code(jiwoo.user, by=factories.admin("group_admin").user)
    change_password(jiwoo.user, "a fresh long secret", by=jiwoo.user)
    assert not redeem_login_code(jiwoo.user, code, password="of a thief, long")
    assert User.objects.get(pk=jiwoo.user_id).check_password("a fresh long secret")


def test_a_page_view_writes_nothing(jiwoo: Person) -> None:
    here = session()
    here.get("/account/")
    with CaptureQueriesContext(connection) as queries:
        here.get("/account/")
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []


def test_when_it_was_last_seen_is_noted_now_and_then(jiwoo: Person) -> None:
    here = session()
    UserSession.objects.update(last_seen_at=timezone.now() - datetime.timedelta(days=1))
    caches["seen"].clear()
    here.get("/account/")
    seen = UserSession.objects.get().last_seen_at
    assert seen > timezone.now() - datetime.timedelta(minutes=1)
    here.get("/account/")
    assert UserSession.objects.get().last_seen_at == seen


@pytest.mark.parametrize("path", ["/account/", "/account/sessions/"])
def test_many_sessions_cost_no_more_queries(
    jiwoo: Person, path: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    here = session()
    here.get(path)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            here.get(path)
        counts.append(len(queries))
        session(), session(IPHONE)
    assert counts[0] == counts[1] <= 8


def test_preferences_are_kept_with_the_person(jiwoo: Person) -> None:
    here = session()
    here.post("/account/", {"language": "ko", "time_zone": "Europe/Berlin"})
    elsewhere = session(IPHONE)
    page = elsewhere.get("/account/").content.decode()
    assert '<html lang="ko">' in page
    assert re.search(r'value="Europe/Berlin" selected', page)
    elsewhere.post("/i18n/setlang/", {"language": "en", "next": "/account/"})
    assert '<html lang="en">' in here.get("/account/").content.decode()
    assert User.objects.get(pk=jiwoo.user_id).time_zone == "Europe/Berlin"


@pytest.mark.parametrize("words", [{"language": "xx"}, {"time_zone": "Mars/Base"}, {"time_zone": "\0"}])
def test_odd_preferences_are_refused(jiwoo: Person, words: dict[str, Any]) -> None:
    page = session().post("/account/", words).content.decode()
    assert 'role="alert"' in page
    assert User.objects.get(pk=jiwoo.user_id).time_zone == ""


def test_a_superuser_who_is_no_person_has_an_account_page(client: Client) -> None:
    root = User.objects.create_superuser("root", "secret")
    factories.second_factor(root)
    client.force_login(root)
    assert client.get("/account/").status_code == 200


def test_ending_sessions_is_said_to_open_pages(
    jiwoo: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        session().post("/account/sessions/end-others/")
    assert callbacks
