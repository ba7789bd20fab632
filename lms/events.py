"""Server-sent events at /events/<token>/: the page that rendered the token checked the right, so no database here."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import time
from urllib.parse import parse_qs

from django.conf import settings
from django.core import signing
from redis.exceptions import RedisError

from lms.hub import Hub, Listener, order
from lms.wire import Message, Receive, Send, answer
from records import live

PREFIX = "/events/"
BEAT_SECONDS = 15
STREAM_SECONDS = 3600
SEND_SECONDS = 30
_ID = re.compile(rb"\d{1,20}(-\d{1,20})?")
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-accel-buffering", b"no"),
]
_hub: Hub | None = None


def _running_hub() -> Hub:
    global _hub  # noqa: PLW0603 - one for the process, made inside its event loop
    if _hub is None:
        _hub = Hub(settings.REDIS_URL)
        _end_with_the_server(_hub)
    return _hub


def _end_with_the_server(hub: Hub) -> None:
    """End every open stream when the server is told to stop: it would wait for them in vain.

    The event loop's own handler hears of the signal by another way (the wake-up descriptor) and stays.
    """
    loop = asyncio.get_running_loop()
    signal.signal(signal.SIGTERM, lambda _number, _frame: loop.call_soon_threadsafe(hub.closing.set))


class Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def application(scope: Message, receive: Receive, send: Send) -> None:
    hub = _running_hub()
    try:
        token, after = _asked(scope, hub)
        await _refuse_ended(hub, token)
    except Refused as refusal:
        await answer(send, refusal.status)
        return
    hub.streams[token.user_id] += 1
    gone = asyncio.create_task(_gone(receive, hub))
    try:
        await Stream(hub, token, after, send).run(gone)
    finally:
        gone.cancel()
        hub.streams[token.user_id] -= 1
        hub.streams += type(hub.streams)()  # forget the users without a stream


async def _refuse_ended(hub: Hub, token: live.Token) -> None:
    """The account was logged out or closed since the token was made. Without the broker no stream opens anyway."""
    with contextlib.suppress(RedisError, OSError, TimeoutError):
        if token.at <= await hub.ended_at(token.user_id):
            raise Refused(403)


def _asked(scope: Message, hub: Hub) -> tuple[live.Token, bytes]:
    if scope["method"] != "GET":
        raise Refused(405)
    try:
        token = live.read_token(scope["path"].removeprefix(PREFIX).rstrip("/"))
    except signing.BadSignature as error:
        raise Refused(403) from error
    headers = dict(scope["headers"])
    after = headers.get(b"last-event-id") or parse_qs(scope["query_string"]).get(b"after", [b""])[0]
    if after and not _ID.fullmatch(after):
        raise Refused(400)
    if hub.streams[token.user_id] >= settings.EVENT_STREAMS_PER_USER:
        raise Refused(429)
    return token, after


async def _gone(receive: Receive, hub: Hub) -> None:
    """Returns when the client has left or the server closes."""

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    waits = {asyncio.create_task(left()), asyncio.create_task(hub.closing.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


class Stream:
    def __init__(self, hub: Hub, token: live.Token, after: bytes, send: Send) -> None:
        self.hub, self.token, self.topic = hub, token, token.topic
        self.after, self._send = after, send

    async def run(self, gone: asyncio.Task[None]) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        # Without the broker the stream ends at once and the browser tries again in two seconds: an error
        # status would make it give up for good.
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await self._body(b"retry: 2000\n\n")
            # Join first, replay second: nothing falls between.
            listener = await self.hub.join(self.topic, self.token.user_id)
            try:
                if self.token.at <= await self.hub.ended_at(self.token.user_id):
                    listener.cut()  # in the moment between
                else:
                    await self._replay()
                await self._follow(listener, gone)
            finally:
                self.hub.leave(self.topic, listener)
        with contextlib.suppress(OSError, TimeoutError):
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _replay(self) -> None:
        if self.after:
            for entry_id, data in await self.hub.replay(self.topic, self.after):
                await self._event(entry_id, data)

    async def _follow(self, listener: Listener, gone: asyncio.Task[None]) -> None:
        end = time.monotonic() + STREAM_SECONDS
        while not (gone.done() or listener.is_cut or time.monotonic() > end):
            get = asyncio.ensure_future(listener.queue.get())
            await asyncio.wait({get, gone}, timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if get.done():
                await self._event(*get.result())
            else:
                get.cancel()
                await self._body(b": beat\n\n")

    async def _event(self, entry_id: bytes, data: bytes) -> None:
        if data and (not self.after or order(entry_id) > order(self.after)):
            await self._body(b"id: %s\nevent: changed\ndata: %s\n\n" % (entry_id, data))
            self.after = entry_id

    async def _body(self, body: bytes) -> None:
        """A browser that takes nothing for half a minute is cut off."""
        message = {"type": "http.response.body", "body": body, "more_body": True}
        await asyncio.wait_for(self._send(message), SEND_SECONDS)
