"""Live events: what pages hear while something happens. The broker carries them; the truth is in the database.

A topic is one Redis stream, `live:<topic>`, and each event also wakes the web processes through one channel.
A lost event costs a late page and nothing else, so nothing here ever fails its caller.
"""

from __future__ import annotations

import functools
import json
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import redis
from django.conf import settings
from django.core import signing
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

PREFIX, WAKE = "live:", "live-wake"
# When the streams of an account were last ended, and the channel that says so at once.
ENDED, END = "live-ended:", "live-end"
# Hints for workers share the broker's memory: a topic is never more than 100 x 4 KB, and short-lived.
KEEP_EVENTS, KEEP_SECONDS, EVENT_BYTES = 100, 30 * 60, 4096
TOKEN_SECONDS, RENEW_SECONDS = 15 * 60, 24 * 3600
_SALT = "records.live"
# After a broker that hung, leave it alone for so long: progress comes many times a second.
_PAUSE = 2.0
_quiet_until = 0.0


class Token(NamedTuple):
    topic: str
    user_id: str
    at: float


def publish(topic: str, event: dict[str, Any]) -> None:
    """Tell every open page about `event`. Never raises; a broker that hangs costs a second, once.

    Of an event over EVENT_BYTES the `text` is cut; if that is not enough, only its `type` is told.
    """
    data = _packed(event)

    def send(broker: redis.Redis) -> None:
        pipe = broker.pipeline(transaction=False)
        pipe.xadd(PREFIX + topic, {"data": data}, maxlen=KEEP_EVENTS, approximate=False)
        pipe.expire(PREFIX + topic, KEEP_SECONDS)
        pipe.publish(WAKE, topic)
        pipe.execute()

    unless_it_hangs(topic, send)


def _packed(event: dict[str, Any]) -> bytes:
    """As UTF-8: JSON's escapes would make twice the bytes of Korean text, three times those of an emoji."""
    while len(data := json.dumps(event, ensure_ascii=False).encode(errors="backslashreplace")) > EVENT_BYTES:
        text = event.get("text")
        if isinstance(text, str) and text:
            event = {**event, "text": text[: len(text) // 2]}
        else:
            event = {"type": str(event.get("type", ""))[:64]}
    return data


def latest(topic: str, count: int = 50) -> list[tuple[str, dict[str, Any]]]:
    """The last events with their ids, newest last. Open a stream with `?after=<id>` and none is missed.

    Never raises; empty while the broker is away.
    """

    def read(broker: redis.Redis) -> Any:
        return broker.xrevrange(PREFIX + topic, count=count)

    entries = unless_it_hangs(topic, read) or ()
    return [(entry_id.decode(), json.loads(fields[b"data"])) for entry_id, fields in reversed(entries)]


def unless_it_hangs(topic: str, ask: Callable[[redis.Redis], Any]) -> Any:
    """What the broker answers; None when it is away or hangs, and at once for a while after it hung."""
    global _quiet_until  # noqa: PLW0603 - one breaker for the process
    if time.monotonic() < _quiet_until:
        return None
    try:
        return ask(_client(settings.REDIS_URL))
    except redis.TimeoutError:
        _quiet_until = time.monotonic() + _PAUSE
        logger.warning("the broker hangs: live events of %s are lost", topic)
    except (redis.RedisError, OSError) as error:
        logger.info("live events of %s are lost: %s", topic, error)
    return None


def token(topic: str, user_id: uuid.UUID | str) -> str:
    """What opens /events/<token>/ for this topic, for 15 minutes. Whoever renders the page checked the right."""
    return signing.dumps([topic, str(user_id), round(time.time(), 3)], salt=_SALT)


def read_token(value: str, *, max_age: int = TOKEN_SECONDS) -> Token:
    """Raises signing.BadSignature for a forged or an expired one. Whether it was ended, only the broker knows."""
    return Token(*signing.loads(value, salt=_SALT, max_age=max_age))


def end_streams(user_id: uuid.UUID | str) -> None:
    """Cut what this account hears now, and refuse the tokens it has. Never raises.

    A page whose session goes on asks for a new token by itself. Without the broker there is no stream to cut.
    """

    def send(broker: redis.Redis) -> None:
        pipe = broker.pipeline(transaction=False)
        pipe.set(f"{ENDED}{user_id}", round(time.time(), 3), ex=TOKEN_SECONDS + 60)
        pipe.publish(END, str(user_id))
        pipe.execute()

    unless_it_hangs(f"{ENDED}{user_id}", send)


def renew(old: str, user_id: uuid.UUID | str) -> str:
    """A fresh token for the same topic, within a day and for the same user only; else signing.BadSignature."""
    was = read_token(old, max_age=RENEW_SECONDS)
    if was.user_id != str(user_id):
        raise signing.BadSignature("a token of somebody else")
    return token(was.topic, user_id)


@functools.cache
def _client(url: str) -> redis.Redis:
    # No retries: redis-py's default ones would hold a page for seconds.
    return redis.Redis.from_url(
        url, socket_timeout=1, socket_connect_timeout=1, retry=Retry(NoBackoff(), 0), max_connections=32
    )
