"""One reader for all the streams of a process: two Redis connections, however many browsers listen."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from records.live import END, ENDED, KEEP_EVENTS, PREFIX, WAKE

logger = logging.getLogger(__name__)

# A browser that lags so many events behind is cut off; it comes back and replays from its last id.
QUEUE = 500
Entry = tuple[bytes, bytes]  # id, JSON
NOTHING: Entry = (b"0", b"")


def order(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number or 0)


class Listener:
    """One open stream's place in the hub."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.queue: asyncio.Queue[Entry] = asyncio.Queue(QUEUE)
        self.is_cut = False

    def cut(self) -> None:
        """End the stream now, whatever still waits in it."""
        self.is_cut = True
        with contextlib.suppress(asyncio.QueueFull):
            self.queue.put_nowait(NOTHING)  # wakes it

    def offer(self, entry: Entry) -> None:
        try:
            self.queue.put_nowait(entry)
        except asyncio.QueueFull:
            self.is_cut = True


@dataclass
class Topic:
    last: bytes
    listeners: set[Listener] = field(default_factory=set)


class Hub:
    """Belongs to one event loop. Its methods raise RedisError while the broker is down."""

    def __init__(self, url: str) -> None:
        # Redis-py's default pool raises when it is full; this one waits. The reader blocks without a limit.
        pool = redis.BlockingConnectionPool.from_url(
            url, max_connections=8, timeout=10, socket_timeout=None, socket_connect_timeout=2
        )
        # Typed as Any: the library's types know answers as text, bytes and None all at once.
        self.redis: Any = redis.Redis(connection_pool=pool)
        self.topics: dict[str, Topic] = {}
        self.streams: Counter[str] = Counter()
        self.closing = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def join(self, name: str, user_id: str) -> Listener:
        """Hear everything that is published to the topic from now on, until this account's streams are ended."""
        listener = Listener(user_id)
        if name not in self.topics:
            tail = await asyncio.wait_for(self.redis.xrevrange(PREFIX + name, count=1), 5)
            self.topics.setdefault(name, Topic(tail[0][0] if tail else b"0-0"))
        self.topics[name].listeners.add(listener)
        return listener

    def leave(self, name: str, listener: Listener) -> None:
        topic = self.topics.get(name)
        if topic is not None:
            topic.listeners.discard(listener)
            if not topic.listeners:
                del self.topics[name]

    async def ended_at(self, user_id: str) -> float:
        """Tokens of the account from before this moment are worth nothing; 0.0: all are good."""
        return float(await asyncio.wait_for(self.redis.get(ENDED + user_id), 5) or 0.0)

    def end(self, user_id: str) -> None:
        for topic in self.topics.values():
            for listener in topic.listeners:
                if listener.user_id == user_id:
                    listener.cut()

    async def replay(self, name: str, after: bytes) -> list[Entry]:
        """What came after that id, oldest first, as far as it is kept."""
        call = self.redis.xrevrange(PREFIX + name, min=b"(" + after, count=KEEP_EVENTS)
        entries = await asyncio.wait_for(call, 5)
        return [(entry_id, fields[b"data"]) for entry_id, fields in reversed(entries)]

    async def close(self) -> None:
        self.closing.set()
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        await self.redis.aclose()

    async def _read(self) -> None:
        while True:
            try:
                async with self.redis.pubsub() as channel:
                    await channel.subscribe(WAKE, END)
                    await self._end_missed()
                    for name in list(self.topics):  # whatever came while we were away
                        await self._pull(name)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            await self._hear(message["channel"].decode(), message["data"].decode())
            except (RedisError, OSError, TimeoutError) as error:
                logger.info("live events wait for the broker: %s", error)
                await asyncio.sleep(0.5)

    async def _hear(self, channel: str, text: str) -> None:
        if channel == END:
            self.end(text)
        else:
            await self._pull(text)

    async def _end_missed(self) -> None:
        """Streams that were ended while the broker was away: whoever may stay comes back with a new token."""
        users = {listener.user_id for topic in self.topics.values() for listener in topic.listeners}
        for user_id in users:
            if await self.redis.exists(ENDED + user_id):
                self.end(user_id)

    async def _pull(self, name: str) -> None:
        topic = self.topics.get(name)
        if topic is None:
            return
        for entry_id, fields in await self.redis.xrange(PREFIX + name, min=b"(" + topic.last):
            topic.last = entry_id
            for listener in topic.listeners:
                listener.offer((entry_id, fields[b"data"]))
