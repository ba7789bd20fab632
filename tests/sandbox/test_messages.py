"""Whatever a message holds, it is taken or it is forged: nothing else comes of it."""

from __future__ import annotations

import contextlib
import json
import os
from itertools import product
from typing import Any

import pytest

from sandbox import Limits
from sandbox.collect import Collector
from sandbox.messages import FloodedError, ForgedError, Reader

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**62, 2**64, 0.5, -1e308, "", "x", "stdout", "\0", "\ud800", "json"),
    *([], [[]], [None], ["x", 1], {}, {"a": []}, {"": {}}, {"text/plain": 1}, {"x": {"output_type": []}}),
    *(
        {"output_type": "error", "ename": []},
        {"output_type": {}},
        {"output_type": "display_data", "data": []},
    ),
)
VALUE = {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}, "execution_count": 1}
ERROR = {"output_type": "error", "ename": "E", "evalue": "e", "traceback": ["t"]}
MESSAGES: tuple[dict[str, Any], ...] = (
    {"t": "ready"},
    {"t": "fault", "s": "x"},
    {"t": "cell", "k": 0},
    {"t": "stream", "n": "stdout", "s": "x"},
    {"t": "output", "o": VALUE, "id": "a", "update": False},
    {"t": "output", "o": ERROR, "id": None, "update": True},
    {"t": "clear", "wait": True},
    {"t": "end", "k": 0, "status": "ok", "seconds": 0.1, "line": 1},
    {"t": "done"},
)
ORDER = (MESSAGES[0], MESSAGES[2], *MESSAGES[3:])


def alterations(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The message with each field, and each field of its output, replaced by each odd thing, or left out."""
    altered = [{**message, key: odd} for key, odd in product(message, ODD)]
    altered += [{key: message[key] for key in message if key != left_out} for left_out in message]
    output = message.get("o")
    if isinstance(output, dict):
        altered += [{**message, "o": {**output, key: odd}} for key, odd in product(output, ODD)]
    return altered


def take(line: bytes, before: list[dict[str, Any]]) -> None:
    """Through a pipe, as in a job, after the messages that put it into its place."""
    collector = Collector(("1",))
    for message in before:
        collector.take(message)
    ours, theirs = os.pipe()
    try:
        os.write(theirs, line + b"\n")
        for message in Reader(ours, Limits()).read():
            collector.take(message)
    finally:
        os.close(ours)
        os.close(theirs)
        json.dumps([cell.outputs for cell in collector.results("error", "E", "e")]).encode()


@pytest.mark.parametrize("place", range(len(ORDER)))
def test_odd_types_are_forged_or_taken(place: int) -> None:
    for message in alterations(ORDER[place]):
        with contextlib.suppress(ForgedError, FloodedError):
            take(json.dumps(message).encode(), list(ORDER[:place]))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message["t"])
def test_messages_out_of_their_place_are_forged_or_taken(message: dict[str, Any]) -> None:
    for place in range(len(ORDER) + 1):
        with contextlib.suppress(ForgedError, FloodedError):
            take(json.dumps(message).encode(), list(ORDER[:place]))


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_message_that_is_none_is_forged(odd: object) -> None:
    with pytest.raises(ForgedError):
        take(json.dumps(odd).encode(), [])
