"""A request's body is read whole on the event loop, before a thread of the pages is taken for it.

So a client that sends slowly or falls silent holds a connection and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from typing import IO

from lms import limits
from lms.wire import Message, Receive

# Small, since a thousand of them may wait for a thread at once; a body that outgrows it goes to disk.
MEMORY = 64 * 2**10
# Room on the disk: so many bodies of at most limits.MAX_BODY; the next ones wait in their sockets.
ON_DISK = 64
STALL_SECONDS, WHOLE_SECONDS = 15.0, 60.0
# A body that takes longer is slow, and one address may send only so many of them at once. Behind a proxy all
# have one address: let it read bodies before it passes them on, as nginx does by itself.
SLOW_SECONDS, SLOW_PER_ADDRESS = 5.0, 32


class Refused(Exception):
    """The body is not read any further; `status` and a sentence say why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class ClientGone(Exception):
    """Nobody waits for an answer: the client left before its body was complete, or does not read."""


class BodyLost(Exception):
    """A body could not be kept; the cause says why. No OSError: Django would take that for a client that left."""


class Body:
    """What has come of one body: in memory, and from MEMORY on in a file without a name."""

    def __init__(self, declared: int | None) -> None:
        self.declared, self.received = declared, 0
        self.is_dropped = declared is not None and declared > limits.MAX_BODY
        self._lost: OSError | None = None
        self._block = bytearray()
        self._file: IO[bytes] | None = None

    @property
    def length(self) -> int:
        return self.received if self.declared is None else self.declared

    @property
    def needs_disk(self) -> bool:
        return len(self._block) > MEMORY

    def add(self, chunk: bytes) -> None:
        self.received += len(chunk)
        if self.received > limits.MAX_BODY:
            self.drop()
        if not self.is_dropped:
            self._block += chunk

    def to_disk(self) -> None:
        """Called in a thread: the loop must not wait for a disk."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - drop() closes it
            self._file.write(self._block)
        except OSError as error:
            self._lost = error
            self.drop()
        self._block.clear()

    def drop(self) -> None:
        """Keep nothing; what still comes is counted only."""
        self.is_dropped = True
        self._block.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def replay(self) -> Receive:
        """An ASGI `receive` that gives the body again. The first call raises BodyLost where it was lost."""
        if self._file is not None:
            self._file.seek(0)

        async def receive() -> Message:
            if self._lost is not None:
                lost, self._lost = self._lost, None
                raise BodyLost("the body could not be stored") from lost
            if self._file is not None and (part := self._file.read(4 * MEMORY)):
                return {"type": "http.request", "body": part, "more_body": True}
            rest, self._block = bytes(self._block), bytearray()
            return {"type": "http.request", "body": rest, "more_body": False}

        return receive


class Intake:
    """The bodies that this process receives. Belongs to one event loop."""

    def __init__(self) -> None:
        self.slow: Counter[str] = Counter()
        self.disk = asyncio.Semaphore(ON_DISK)

    @contextlib.asynccontextmanager
    async def body(self, receive: Receive, *, address: str, declared: int | None) -> AsyncIterator[Body]:
        """The whole body, kept until the block ends; of one that is too large only its length.

        Raises ClientGone or Refused.
        """
        body = Body(declared)
        async with contextlib.AsyncExitStack() as held:
            held.callback(body.drop)
            await _Reading(self, body, address, held).run(receive)
            yield body


class _Reading:
    """One body on its way in."""

    def __init__(self, intake: Intake, body: Body, address: str, held: contextlib.AsyncExitStack) -> None:
        self.intake, self.body, self.address, self.held = intake, body, address, held
        self.has_room = self.is_slow = self.is_one_too_many = False
        self.loop = asyncio.get_running_loop()
        self.end = self.loop.time() + WHOLE_SECONDS
        self.timeout = asyncio.timeout_at(None)
        self.noticed = self.loop.call_later(SLOW_SECONDS, self._notice)

    async def run(self, receive: Receive) -> None:
        try:
            async with self.timeout:
                await self._fill(receive)
        except TimeoutError as error:
            if self.is_one_too_many:
                raise Refused(503, "Too many slow requests come from your address.") from error
            if not self.body.is_dropped:
                raise Refused(408, "The request came too slowly.") from error
        finally:
            self.noticed.cancel()
            if self.is_slow:
                self.intake.slow[self.address] -= 1
                self.intake.slow += Counter()  # forget the addresses without one

    def _notice(self) -> None:
        if self.timeout.when() is None:  # waits for us
            self.noticed = self.loop.call_later(SLOW_SECONDS, self._notice)
        elif self.intake.slow[self.address] >= SLOW_PER_ADDRESS:
            self.is_one_too_many = True
            self.timeout.reschedule(self.loop.time())
        else:
            self.is_slow = True
            self.intake.slow[self.address] += 1

    async def _fill(self, receive: Receive) -> None:
        more = True
        while more and self.body.received <= limits.DRAIN_BYTES:
            self._wind()
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            more = message.get("more_body", False)
            self.body.add(message.get("body", b""))
            if self.body.needs_disk:
                await self._store()
        if not more and self.body.received != self.body.length:
            raise ClientGone

    def _wind(self) -> None:
        """A refused body is read so that the client comes to read the answer; it has less time."""
        now = self.loop.time()
        if self.body.is_dropped:
            self.end = min(self.end, now + limits.DRAIN_SECONDS)
        self.timeout.reschedule(min(now + STALL_SECONDS, self.end))

    async def _store(self) -> None:
        """Whoever waits for room or for the disk is not late."""
        began = self.loop.time()
        self.timeout.reschedule(None)
        if not self.has_room:
            await self.held.enter_async_context(self.intake.disk)
            self.has_room = True
        await asyncio.to_thread(self.body.to_disk)
        self.end += self.loop.time() - began
