from __future__ import annotations

import socket
import time
import uuid
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.core import signing
from django.test import Client
from pytest_django import Settings

from people.models import User
from records import live


@pytest.fixture
def topic(stores: Path) -> str:
    return uuid.uuid4().hex


def test_events_come_back_newest_last(topic: str) -> None:
    for number in range(5):
        live.publish(topic, {"n": number, "text": "한글"})
    events = live.latest(topic, count=3)
    assert [event["n"] for _id, event in events] == [2, 3, 4]
    assert events[0][1]["text"] == "한글"
    assert live.latest(uuid.uuid4().hex) == []


def test_a_flood_leaves_the_broker_its_memory(topic: str) -> None:
    for number in range(300):
        live.publish(topic, {"type": "stream", "n": number, "text": "\U0001f600\0\ud800" * 700})
    events = live.latest(topic, count=1_000)
    assert [event["n"] for _id, event in events] == list(range(300 - live.KEEP_EVENTS, 300))
    assert "\U0001f600\0\ud800" in events[0][1]["text"]
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        assert int(broker.memory_usage(live.PREFIX + topic, samples=0) or 0) < 800_000
        assert 0 < int(broker.ttl(live.PREFIX + topic)) <= live.KEEP_SECONDS


def test_of_an_event_that_cannot_be_cut_the_type_is_told(topic: str) -> None:
    live.publish(topic, {"type": "cell", "text": "", "odd": "x" * 9_000})
    assert [event for _id, event in live.latest(topic)] == [{"type": "cell"}]


def test_a_token_opens_one_topic_for_one_user() -> None:
    assert live.read_token(live.token("submission:1", "u1"))[:2] == ("submission:1", "u1")
    with pytest.raises(signing.BadSignature):
        live.read_token(live.token("submission:1", "u1") + "x")


def test_an_old_token_is_worth_nothing_but_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - live.TOKEN_SECONDS - 60)
    old = live.token("submission:1", "u1")
    ancient_time = now - live.RENEW_SECONDS - 60
    monkeypatch.setattr(time, "time", lambda: ancient_time)
    ancient = live.token("submission:1", "u1")
    monkeypatch.undo()
    with pytest.raises(signing.SignatureExpired):
        live.read_token(old)
    assert live.read_token(live.renew(old, "u1"))[:2] == ("submission:1", "u1")
    with pytest.raises(signing.BadSignature):
        live.renew(old, "u2")
    with pytest.raises(signing.SignatureExpired):
        live.renew(ancient, "u1")


@pytest.mark.django_db
def test_a_page_renews_its_own_token_only(client: Client) -> None:
    owner, other = (User.objects.create_user(name, "secret") for name in ("owner", "other"))
    token = live.token("submission:1", owner.pk)
    assert client.get("/live/token/", {"old": token}).status_code == 401
    client.force_login(other)
    assert client.get("/live/token/", {"old": token}).status_code == 403
    client.force_login(owner)
    url = client.get("/live/token/", {"old": token}).json()["url"]
    assert live.read_token(url.split("/")[2])[:2] == ("submission:1", str(owner.pk))


def test_a_broker_that_is_away_costs_nothing(settings: Settings, tmp_path: Path) -> None:
    settings.REDIS_URL = f"unix://{tmp_path}/nothing.sock"
    began = time.monotonic()
    for _ in range(20):
        live.publish("topic", {})
    assert live.latest("topic") == []
    assert time.monotonic() - began < 0.5


def test_a_broker_that_hangs_costs_a_second_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_quiet_until", 0.0)
    settings.REDIS_URL = f"unix://{tmp_path}/hangs.sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(f"{tmp_path}/hangs.sock")
        silent.listen()
        began = time.monotonic()
        for _ in range(20):
            live.publish("topic", {})
            assert live.latest("topic") == []
    assert 0.5 < time.monotonic() - began < 2


def test_a_page_that_asks_a_hanging_broker_again_and_again_waits_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_quiet_until", 0.0)
    settings.REDIS_URL = f"unix://{tmp_path}/hangs.sock"
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(f"{tmp_path}/hangs.sock")
        silent.listen()
        began = time.monotonic()
        assert [live.latest("topic") for _ in range(5)] == [[]] * 5
    assert 0.5 < time.monotonic() - began < 2
