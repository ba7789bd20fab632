"""No page shows a text that a Korean reader would meet in English."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.template import engines
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone

from people.models import User
from people.models.accounts import time_zones
from records.moments import moment
from tests import factories
from tests.permissions.addresses import addresses
from tests.permissions.rules import Rule
from tests.permissions.table import RULES
from tests.permissions.walk import path_of, rule_for
from tests.permissions.world import Visitor, World, admin_kinds, create_world
from tests.untranslated.finder import untranslated, written_by_people
from tests.untranslated.pseudo import CODE, pseudo_language, wrapped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pseudo(tmp_path: Path) -> Iterator[None]:
    with pseudo_language(tmp_path):
        yield


# Each as those who see the most of it.
READERS = {"anonymous", "partner", "owner", "boss", "teacher", "admin", "group_admin", "staff"}
# Further pages at an address, beside the one that the permission walk asks for.
ALSO = {"courses:unit": {"slug": "course.slug", "key": "lesson.key"}}
# Rows as the database has them, under the names of its columns: what operators read there is not ours to say.
ROWS = tuple(f"admin:{kind}_" for kind in admin_kinds())
NOTEBOOK = [
    "Because",
    "Jiwoo Park",
    "JP",
    "Minjae Kang",
    "MK",
    "YOUR ANSWER HERE",
    "test-add",
    "test-add-hidden",
]


def _paths(worlds: Sequence[World]) -> Iterator[tuple[str, Rule]]:
    """Of the whole URLconf, as the permission walk fills it: whoever adds a page adds one entry to its table."""
    for address in addresses():
        rule = rule_for(address, RULES)
        if rule and not address.name.startswith(ROWS):
            also = [replace(rule, fill=ALSO[address.name])] if address.name in ALSO else []
            paths = {path_of(address, filled, world) for world in worlds for filled in (rule, *also)}
            yield from ((path, rule) for path in sorted(paths))


def _worlds() -> list[World]:
    """With an attempt that is graded, and with one that waits."""
    world = create_world()
    waiting = factories.submit(world.enrollment, factories.answered(factories.adding()))
    for visitor in world.visitors:
        visitor.speak(CODE)
    return [world, replace(world, submission=waiting)]


def _answer(visitor: Visitor, method: str, path: str) -> HttpResponseBase:
    with transaction.atomic():
        response = visitor.ask(method, path, {})
        transaction.set_rollback(True)
    return response


def _visitor(user: User | None = None) -> Client:
    client = Client(headers={"accept-language": CODE})
    if user:
        client.force_login(user)
    return client


def _faults(response: HttpResponseBase, data: str) -> list[str]:
    is_page = "text/html" in response.headers.get("Content-Type", "")
    if not is_page or not isinstance(response, HttpResponse) or not response.content.strip():
        return []
    return untranslated(response.content.decode(), data)


def test_no_page_shows_a_text_that_is_not_translated() -> None:
    worlds = _worlds()
    zones = [zone.replace("_", " ") for zone in time_zones()]
    data = "\n".join([written_by_people(), worlds[0].job_role.code, *NOTEBOOK, *zones])
    found, seen = set(), 0
    for path, rule in _paths(worlds):
        for visitor in worlds[0].visitors:
            if visitor.role in READERS & rule.enters:
                for response in (_answer(visitor, method, path) for method in ("GET", "POST")):
                    seen += "text/html" in response.headers.get("Content-Type", "")
                    found |= {f"{path}: {fault}" for fault in _faults(response, data)}
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
