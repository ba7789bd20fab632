"""Whose language and whose clock: the person's, the browser's, the affiliate's."""

from __future__ import annotations

import datetime
from http import HTTPStatus

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone, translation

from people.backends import AccountBackend
from people.languages import as_read_by, language_of, zone_of
from people.models import User
from records.moments import moment
from tests import factories

pytestmark = pytest.mark.django_db
KOREAN, ENGLISH = 'lang="ko"', 'lang="en"'
AT = datetime.datetime(2024, 1, 1, 0, 30, tzinfo=datetime.UTC)


@pytest.fixture
def user() -> User:
    return factories.person().user


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def html_of(client: Client, path: str = "/", **headers: str) -> str:
    """The opening tag of the page, which names its language."""
    page = client.get(path, headers=headers).content.decode()
    return page[page.index("<html") : page.index("<head")]


def choose(user: User, **fields: str) -> User:
    User.objects.filter(pk=user.pk).update(**fields)
    return AccountBackend().get_user(user.pk) or user


def test_ones_own_language_comes_before_that_of_the_browser(user: User) -> None:
    choose(user, language="en")
    assert ENGLISH in html_of(logged_in(user), accept_language="ko")


def test_without_a_choice_the_browser_decides(user: User) -> None:
    assert ENGLISH in html_of(logged_in(user), accept_language="fr, en-GB;q=0.8, ko;q=0.2")


def test_a_browser_whose_languages_are_foreign_gets_that_of_the_affiliate(user: User) -> None:
    home = factories.affiliate()
    home.locale = "en"
    home.save(update_fields=["locale"])
    assert ENGLISH in html_of(logged_in(user), accept_language="fr")
    assert ENGLISH in html_of(logged_in(user))
    assert KOREAN in html_of(Client(), "/login/", accept_language="fr")


@pytest.mark.parametrize("odd", ["*", "x" * 9000, ";q=", "../../etc", "-", "e n"])
def test_odd_wishes_are_no_wish(user: User, odd: str) -> None:
    choose(user, language=odd[:10])
    client = logged_in(user)
    client.cookies["django_language"] = odd
    assert KOREAN in html_of(client, accept_language=odd)


def test_the_switch_is_kept_for_the_browser_of_who_is_not_known() -> None:
    client = Client()
    response = client.post("/i18n/setlang/", {"language": "en", "next": "/login/"})
    assert response.headers["Location"] == "/login/"
    assert ENGLISH in html_of(client, "/login/", accept_language="ko")


def test_the_switch_is_kept_with_the_account_on_every_device(user: User) -> None:
    logged_in(user).post("/i18n/setlang/", {"language": "en", "next": "/"})
    assert ENGLISH in html_of(logged_in(user), accept_language="ko")


def test_a_language_that_the_site_does_not_speak_changes_nothing(user: User) -> None:
    choose(user, language="en")
    logged_in(user).post("/i18n/setlang/", {"language": "fr", "next": "/"})
    assert choose(user).language == "en"


def test_the_switch_is_pressed_and_never_just_visited(user: User) -> None:
    assert logged_in(user).get("/i18n/setlang/?language=en").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_one_request_leaves_nothing_to_the_next(user: User) -> None:
    choose(user, language="ko", time_zone="America/New_York")
    with translation.override("en"), timezone.override(datetime.UTC):
        logged_in(user).get("/")
        assert translation.get_language() == "en"
        assert timezone.get_current_timezone_name() == "UTC"


def test_caches_know_that_pages_differ_by_language(user: User) -> None:
    response = logged_in(user).get("/", headers={"accept-language": "en"})
    assert response.headers["Content-Language"] == "en"
    assert "Accept-Language" in response.headers["Vary"]


def test_what_is_refused_unread_is_refused_in_the_browsers_language() -> None:
    response = Client().post(
        "/login/", b"x" * 13 * 2**20, content_type="text/plain", headers={"accept-language": "en"}
    )
    assert response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert ENGLISH in response.content.decode()


def test_times_are_those_of_the_affiliate_unless_somebody_chose_their_own(user: User) -> None:
    home = factories.affiliate()
    home.time_zone = "Europe/Berlin"
    home.save(update_fields=["time_zone"])
    assert zone_of(choose(user)).key == "Europe/Berlin"
    assert zone_of(choose(user, time_zone="America/New_York")).key == "America/New_York"
    assert zone_of(choose(user, time_zone="Mars/Base")).key == "Europe/Berlin"
    assert zone_of(None).key == "Asia/Seoul"


def test_pages_show_the_readers_clock_and_name_it(user: User) -> None:
    run = factories.course()
    taken = factories.enrollment(run, user.person)
    sent = factories.submit(taken, factories.answered(factories.adding()))
    choose(user, time_zone="America/New_York", language="ko")
    page = logged_in(user).get(f"/submissions/{sent.pk}/").content.decode()
    assert "(뉴욕)</time>" in page


def test_a_mail_is_written_for_who_reads_it(user: User) -> None:
    """As the services do it: the sender's language and clock must not show."""
    reader = choose(user, language="ko", time_zone="Europe/London")
    with translation.override("en"), as_read_by(reader):
        mail.send_mail("-", moment(AT), "site@example.com", ["reader@example.com"])
    assert mail.outbox[0].body == "2024년 1월 1일 00:30 (런던)"


def test_who_reads_costs_no_query_beyond_the_account_itself(
    user: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        known = AccountBackend().get_user(user.pk)
        assert language_of(known) == "ko"
        assert zone_of(known).key == "Asia/Seoul"


def test_an_account_without_a_person_reads_as_the_site_does() -> None:
    machine = User.objects.create_user("machine")
    known = AccountBackend().get_user(machine.pk)
    assert language_of(known) == "ko"
    assert zone_of(known).key == "Asia/Seoul"
