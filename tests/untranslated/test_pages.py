"""No page shows a text that a Korean reader would meet in English."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admindocs.views import extract_views_from_urlpatterns
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.template import engines
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse
from django.utils import timezone

from grading.models import GradingJob
from people.models import Role, User
from records.moments import moment
from tests import factories
from tests.untranslated.finder import untranslated, written_by_people
from tests.untranslated.pseudo import CODE, pseudo_language, wrapped

pytestmark = pytest.mark.django_db
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture(autouse=True)
def pseudo(tmp_path: Path) -> Iterator[None]:
    with pseudo_language(tmp_path):
        yield


class World:
    """What the addresses of the site lead to, and who may see it."""

    def __init__(self) -> None:
        run = factories.course(factories.adding(max_attempts=3))
        taken = factories.enrollment(run)
        graded = factories.submit(taken, factories.answered(factories.adding(), why="My own words"))
        job = GradingJob.objects.get(submission=graded)
        job.state, job.raw_result = GradingJob.State.GRADED, {"status": "ok"}
        job.save(update_fields=["state", "raw_result"])
        result = job.results.create(position=1, name="why", max_points=5, by_hand=True)
        waiting = factories.submit(taken, factories.answered(factories.adding()))
        unit = {"slug": run.course.slug, "key": factories.exercise_of(run).unit.key}
        lesson = {"slug": run.course.slug, "key": "lesson-1"}
        # Several for one address: each is another page.
        self.values: dict[str, list[Mapping[str, str]]] = {
            "courses:course": [unit],
            "courses:enroll": [unit],
            "courses:unit": [unit, lesson],
            "courses:complete": [lesson],
            "courses:image": [lesson | {"name": "none.png"}],
            "grading:submit": [unit],
            "grading:released": [unit],
            "grading:grades": [{"pk": str(run.pk)}],
            "grading:grade_by_hand": [{"pk": str(result.pk)}],
        }
        for name in ("grading:submission", "grading:submission_state", "grading:submitted"):
            self.values[name] = [{"pk": str(graded.pk)}, {"pk": str(waiting.pk)}]
        newcomer, teacher = factories.person(), factories.instructor(run)
        admin = factories.admin(Role.Kind.GROUP_ADMIN)
        User.objects.filter(pk=admin.user_id).update(is_staff=True, is_superuser=True)
        people = [taken.person, newcomer, teacher, admin, factories.admin(), factories.partner()]
        self.visitors = [_visitor(), *(_visitor(person.user) for person in people)]
        notebook = [
            "Because",
            "Jiwoo Park",
            "JP",
            "Minjae Kang",
            "MK",
            "YOUR ANSWER HERE",
            "test-add",
            "test-add-hidden",
            "My own words",
        ]
        self.data = "\n".join([written_by_people(), *notebook])

    def addresses(self) -> Iterator[str]:
        """Of the whole URLconf: whoever adds a page adds here what it leads to, if its address has a parameter."""
        for _view, route, namespace, name in extract_views_from_urlpatterns(get_resolver().url_patterns):
            if not _PARAMETER.search(str(route)):
                yield "/" + str(route)
                continue
            full = ":".join([*(namespace or ()), str(name)])
            assert full in self.values, f"{full} leads nowhere: say in World.values what it needs"
            for values in self.values[full]:
                yield reverse(full, kwargs={key: values[key] for key in _PARAMETER.findall(str(route))})


def _visitor(user: User | None = None) -> Client:
    client = Client(headers={"accept-language": CODE})
    if user:
        client.force_login(user)
    return client


def _faults(world: World, response: HttpResponseBase) -> list[str]:
    is_page = "text/html" in response.headers.get("Content-Type", "")
    if not is_page or not isinstance(response, HttpResponse) or not response.content:
        return []
    return untranslated(response.content.decode(), world.data)


def test_no_page_shows_a_text_that_is_not_translated() -> None:
    world, found, seen = World(), set(), 0
    for client in world.visitors:
        for address in world.addresses():
            if address == reverse("logout"):
                continue
            for response in (client.get(address), client.post(address, {})):
                seen += "text/html" in response.headers.get("Content-Type", "")
                found |= {f"{address}: {fault}" for fault in _faults(world, response)}
    assert not found, "\n".join(sorted(found))
    assert seen > 100, "hardly a page was looked at"


@pytest.mark.parametrize(
    "path", sorted(Path(settings.BASE_DIR, "templates").glob("[0-9]*.html")), ids=lambda p: p.stem
)
def test_no_error_page_shows_a_text_that_is_not_translated(path: Path) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    assert untranslated(render_to_string(path.name, {}, request), written_by_people()) == []


@pytest.mark.parametrize("path", sorted(Path(settings.BASE_DIR, "static").glob("*.js")), ids=lambda p: p.stem)
def test_scripts_show_what_the_page_gives_them_and_no_sentence_of_their_own(path: Path) -> None:
    code = re.sub(r"/\*.*?\*/|^\s*//.*$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    assert re.findall(r"""["'`]([A-Z][a-z]+(?: [\w’']+)*[.!?…]?)["'`]""", code) == []


def test_passwords_are_refused_in_the_readers_language() -> None:
    from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
    from django.core.exceptions import ValidationError

    user = User(username="minjun-kim")
    told = list(password_validators_help_texts())
    for bad in ("12345", "minjun-kim", "password12"):
        with pytest.raises(ValidationError) as refused:
            validate_password(bad, user)
        told += refused.value.messages
    assert [text for text in told if untranslated(f"<p>{text}</p>", "")] == []
    assert len(told) > 6


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<p>Save and next</p>", "Save and next"),
        ('<p>{% translate "Save and next" %} or leave</p>', "or leave"),
        ('<button aria-label="Close">×</button>', "Close"),
        ('<img src="x.png" alt="A picture">', "A picture"),
        ('<input placeholder="Name or mail">', "Name or mail"),
        ('<input type="submit" value="Send">', "Send"),
        ('<body data-copied="Copied"><p></p>', "Copied"),
        ("<select><option>All of them</option></select>", "All of them"),
        ("<svg><title>Points by week</title></svg>", "Points by week"),
        ("<p>{% blocktranslate %}Waiting for {{ waiting_seconds }} s.{% endblocktranslate %}</p>", "a few"),
        ("<p>12 min</p>", "12 min"),
        ("<title>{{ name }} · Grades</title>", "Grades"),
    ],
)
def test_a_text_that_is_not_translated_is_found(source: str, fault: str) -> None:
    page = engines["django"].from_string("{% load i18n %}" + source)
    context = {"name": "Kim Minjun", "waiting_seconds": "a few"}
    assert untranslated(page.render(context), "Kim Minjun") == [fault]


@pytest.mark.parametrize(
    "source",
    [
        '<p>{% translate "Save and next" %}</p>',
        "<p>{% blocktranslate %}Welcome back, {{ name }}{% endblocktranslate %}</p>",
        '<p>{% blocktranslate %}The password of each is <b class="mono">demo</b>.{% endblocktranslate %}</p>',
        "<p>{{ name }} · 12/20 (60%)</p>",
        "<p>{{ at }}</p>",
        '<p lang="ko">한국어</p>',
        "<pre>print(1)</pre><code>demo</code><textarea>I think</textarea>",
        '<p data-state="queued" data-math="/static/math.js"></p>',
    ],
)
def test_what_is_translated_or_peoples_own_is_none(source: str) -> None:
    page = engines["django"].from_string("{% load i18n %}" + source)
    at = moment(datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC))
    context = {"name": "Kim Minjun", "at": at.replace("Seoul", "")}
    assert untranslated(page.render(context), "Kim Minjun") == []


def test_a_translation_that_was_cut_is_found() -> None:
    assert untranslated(f"<p>{wrapped('Save and next')[:8]}</p>", "")[0].startswith("a translation is cut")


def test_the_reader_of_the_pseudo_language_gets_it() -> None:
    page = _visitor().get("/login/").content.decode()
    assert f'lang="{CODE}"' in page
    assert wrapped("Log in") in page
    assert timezone.get_current_timezone_name() == "Asia/Seoul"
