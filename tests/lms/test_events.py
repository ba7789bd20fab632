"""Live events over the running site: nothing is missed, nothing is open to others, the broker may come and go."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import httpx
import psycopg
import pytest
from pytest_django import Settings

from lms import places
from lms.sitetest import Site
from records import live

Event = tuple[str, dict[str, Any]]


@pytest.fixture
def topic(site: Site, settings: Settings) -> str:
    """A topic of its own; `live` speaks to the site's broker, with the site's secret."""
    settings.REDIS_URL = f"unix://{places.valkey_socket(site.data)}"
    settings.SECRET_KEY = (site.data / "secret").read_text()
    return uuid.uuid4().hex


def publish_until(is_enough: Callable[[], bool], topic: str, *, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not is_enough():
        assert time.monotonic() < end
        live.publish(topic, {"n": 0})
        time.sleep(0.1)


@contextlib.contextmanager
def stream(site: Site, token: str, **options: Any) -> Iterator[tuple[httpx.Response, Iterator[Event]]]:
    address = f"{site.url}/events/{token}/"
    with httpx.stream("GET", address, timeout=20, **options) as response:
        yield response, _events(response)


def _events(response: httpx.Response) -> Iterator[Event]:
    """Also yields ("", {}) as soon as the stream is open for events."""
    entry = ""
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if name == "retry":
            yield "", {}
        elif name == "id":
            entry = value
        elif name == "event":
            assert value == "changed"
        elif name == "data":
            yield entry, json.loads(value)


def test_a_page_hears_what_was_published_after_it_was_rendered(site: Site, topic: str) -> None:
    live.publish(topic, {"n": 1})
    [(seen, _event)] = live.latest(topic)
    live.publish(topic, {"n": 2})
    with stream(site, live.token(topic, "u1"), params={"after": seen}) as (response, events):
        assert response.headers["content-type"] == "text/event-stream"
        assert next(events) == ("", {})
        assert next(events)[1] == {"n": 2}
        live.publish(topic, {"n": 3})
        assert next(events)[1] == {"n": 3}


def test_a_browser_that_comes_back_misses_nothing(site: Site, topic: str) -> None:
    for number in range(5):
        live.publish(topic, {"n": number})
    last = live.latest(topic)[1][0]
    with stream(site, live.token(topic, "u1"), headers={"Last-Event-ID": last}) as (_response, events):
        next(events)
        assert [event["n"] for _id, event in islice(events, 3)] == [2, 3, 4]


def test_a_very_long_absence_is_replayed_only_in_part(site: Site, topic: str) -> None:
    for number in range(700):
        live.publish(topic, {"n": number})
    with stream(site, live.token(topic, "u1"), params={"after": "0"}) as (_response, events):
        next(events)
        numbers = [event["n"] for _id, event in islice(events, live.KEEP_EVENTS)]
    assert numbers == list(range(700 - live.KEEP_EVENTS, 700))


@pytest.mark.parametrize("change", [lambda token: token + "x", lambda _: "nothing", lambda _: "a/b"])
def test_a_forged_token_opens_nothing(site: Site, topic: str, change: Callable[[str], str]) -> None:
    with stream(site, change(live.token(topic, "u1"))) as (response, _events):
        assert response.status_code == 403


def test_an_odd_id_is_refused(site: Site, topic: str) -> None:
    with stream(site, live.token(topic, "u1"), params={"after": "1-1-1"}) as (response, _events):
        assert response.status_code == 400


def test_one_user_cannot_take_every_stream(site: Site, topic: str) -> None:
    token = live.token(topic, "greedy")
    with contextlib.ExitStack() as streams:
        opened = [streams.enter_context(stream(site, token))[0].status_code for _ in range(22)]
        assert opened == [200] * 20 + [429] * 2
        with stream(site, live.token(topic, "modest")) as (response, _events):
            assert response.status_code == 200


def test_streams_go_on_after_the_broker_was_killed(site: Site, topic: str) -> None:
    with stream(site, live.token(topic, "u1")) as (_response, events):
        next(events)
        publish_until(lambda: bool(live.latest(topic)), topic)
        os.kill(site.pid_of("valkey"), signal.SIGKILL)
        publish_until(lambda: not live.latest(topic), topic)
        publish_until(lambda: bool(live.latest(topic)), topic)
        live.publish(topic, {"n": "after"})
        assert any(event["n"] == "after" for _id, event in events)


def log_in(site: Site, login: str) -> httpx.Client:
    """A browser of a demo account: with its cookies and its CSRF token as headers want it."""
    client = httpx.Client(base_url=site.url, headers={"Referer": site.url}, timeout=20)
    client.get("/login/")
    words = {"login": login, "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
    assert client.post("/login/", data=words).status_code == 302
    return client


def own_token(client: httpx.Client, topic: str, user_id: str) -> str:
    answer = client.get("/live/token/", params={"old": live.token(topic, user_id)})
    return str(answer.json()["url"].split("/")[2])


def test_a_logout_cuts_open_streams_and_ends_their_tokens(site: Site, topic: str) -> None:
    """Through the page, the database and the broker of the running site."""
    browser = log_in(site, "learner")
    with psycopg.connect(f"postgresql://maru@/maru?host={places.postgres_sockets(site.data)}") as database:
        row = database.execute("SELECT id FROM people_user WHERE username = 'learner'").fetchone()
    user_id = str(row[0]) if row else ""
    token = own_token(browser, topic, user_id)
    with stream(site, live.token(topic, "somebody else")) as (_other, others):
        next(others)
        with stream(site, token) as (response, events):
            assert response.status_code == 200
            next(events)
            live.publish(topic, {"n": 1})
            assert next(events)[1] == {"n": 1}
            began = time.monotonic()
            words = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            assert browser.post("/logout/", data=words).status_code == 302
            assert list(events) == []
            assert time.monotonic() - began < 3
        live.publish(topic, {"n": 2})
        assert next(others)[1] == {"n": 1}
        assert next(others)[1] == {"n": 2}
    with stream(site, token) as (response, _events):
        assert response.status_code == 403
    with stream(site, own_token(log_in(site, "learner"), topic, user_id)) as (response, events):
        assert response.status_code == 200
        assert next(events) == ("", {})
