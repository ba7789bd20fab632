"""The wait for a message ends in its time, whatever the other side sends."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from sandbox.inside.channel import Channel


@pytest.fixture
def dripping() -> Iterator[socket.socket]:
    """The end of a socket into which somebody sends a byte every now and then, without end."""
    ours, theirs = socket.socketpair()
    ended = threading.Event()

    def drip() -> None:
        with contextlib.suppress(OSError):
            theirs.sendall(b"\x00\x01\x00\x00\x00\x00")  # a tree of 65,536 bytes is announced
            while not ended.wait(0.005):
                theirs.sendall(b" ")

    thread = threading.Thread(target=drip)
    thread.start()
    yield ours
    ended.set()
    thread.join()
    ours.close()
    theirs.close()


def test_a_message_that_drips_in_comes_too_late(dripping: socket.socket) -> None:
    with pytest.raises(TimeoutError):
        Channel(dripping).receive(seconds=0.3)


def test_a_clock_is_asked_while_a_message_drips_in(dripping: socket.socket) -> None:
    class TooLateError(Exception):
        pass

    end = time.monotonic() + 0.3

    def look() -> None:
        if time.monotonic() > end:
            raise TooLateError

    with pytest.raises(TooLateError):
        Channel(dripping, on_tick=look).receive()
