"""A body that waits for room on the disk; what a client may do over a socket is in test_guard.py."""

from __future__ import annotations

import asyncio
import os

import pytest

from lms import bodies
from lms.wire import Message


def test_a_body_that_waits_for_room_is_not_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "ON_DISK", 1)
    monkeypatch.setattr(bodies, "SLOW_SECONDS", 0.05)
    monkeypatch.setattr(bodies, "SLOW_PER_ADDRESS", 0)
    monkeypatch.setattr(bodies, "WHOLE_SECONDS", 0.2)
    sent = os.urandom(200_000)

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def second_of_two() -> bytes:
        intake = bodies.Intake()

        async def taken() -> bytes:
            async with intake.body(receive, address="a", declared=len(sent)) as body:
                replay, parts, more = body.replay(), [], True
                while more:
                    message = await replay()
                    parts.append(message["body"])
                    more = message["more_body"]
                return b"".join(parts)

        async with intake.body(receive, address="a", declared=len(sent)):
            waiting = asyncio.create_task(taken())
            await asyncio.sleep(0.5)
            assert not waiting.done()
        return await waiting

    assert asyncio.run(second_of_two()) == sent
