"""Reads what comes out of a sandbox. A stranger may have written it: bounded, checked, made plain."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from typing import Any, NoReturn

from sandbox.jobs import Limits, Output

SLACK = 1 << 18
# Characters below a space take six bytes in JSON.
WORST_ESCAPE = 6
CELLS_WORTH = 32
MOST_MESSAGES = 200_000
DEEPEST = 20
LONGEST_NAME = 200
LARGEST_NUMBER = 63  # bits
CHUNK = 1 << 16


class ForgedError(Exception):
    """Something that our program inside never writes."""


class FloodedError(Exception):
    """More than our program inside ever writes."""


class Reader:
    """Messages from a non-blocking pipe. Raises ForgedError and FloodedError.

    `is_empty` tells whether the last read found nothing, `is_closed` that nothing can come any more.
    """

    def __init__(self, descriptor: int, limits: Limits) -> None:
        self._descriptor = descriptor
        self._longest = WORST_ESCAPE * limits.output_bytes + SLACK
        self._bytes_left = CELLS_WORTH * (limits.output_bytes + SLACK)
        self._messages_left = MOST_MESSAGES
        self._buffer = bytearray()
        self.is_empty = self.is_closed = False

    def read(self) -> Iterator[dict[str, Any]]:
        """The messages that one read completes."""
        try:
            data = os.read(self._descriptor, CHUNK)
        except BlockingIOError:
            self.is_empty = True
            return
        self.is_empty = self.is_closed = not data
        self._bytes_left -= len(data)
        searched = len(self._buffer)
        self._buffer += data
        if self._bytes_left < 0 or len(self._buffer) > self._longest:
            raise FloodedError
        if b"\n" not in memoryview(self._buffer)[searched:].tobytes():
            return
        *lines, rest = bytes(self._buffer).split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            self._messages_left -= 1
            if self._messages_left < 0:
                raise FloodedError
            yield _parsed(line)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line, parse_constant=_refuse)
        plain = _plain(message, DEEPEST)
    except (ValueError, RecursionError) as error:
        raise ForgedError from error
    if not isinstance(plain, dict):
        raise ForgedError
    return plain


def checked_output(value: object) -> Output:
    """An output as an .ipynb file (format 4) holds it, with no key more. Raises ForgedError."""
    if not isinstance(value, dict):
        raise ForgedError
    kind = text_of(value, "output_type")
    if kind == "error":
        return {
            "output_type": "error",
            "ename": text_of(value, "ename"),
            "evalue": text_of(value, "evalue"),
            "traceback": _texts(value.get("traceback")),
        }
    if kind not in {"execute_result", "display_data"}:
        raise ForgedError
    output = {"output_type": kind, "data": _bundle(value.get("data")), "metadata": value.get("metadata")}
    if not isinstance(output["metadata"], dict):
        raise ForgedError
    if kind == "execute_result":
        output["execution_count"] = number_of(value, "execution_count")
    return output


def text_of(message: dict[str, Any], key: str) -> str:
    value = message.get(key)
    if not isinstance(value, str):
        raise ForgedError
    return value


def number_of(message: dict[str, Any], key: str) -> int:
    value = message.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ForgedError
    return value


def _bundle(value: object) -> dict[str, Any]:
    """By MIME type: text, and any JSON where the type ends with json."""
    if not isinstance(value, dict):
        raise ForgedError
    for kind, content in value.items():
        if len(kind) > LONGEST_NAME or not (isinstance(content, str) or kind.endswith("json")):
            raise ForgedError
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ForgedError
    return value


def _plain(value: Any, depth: int) -> Any:
    """The same without what a database refuses: NUL characters and half surrogate pairs."""
    if depth == 0:
        raise ForgedError
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):  # 1e999
        raise ForgedError
    if isinstance(value, int) and value.bit_length() > LARGEST_NUMBER:
        raise ForgedError
    if isinstance(value, list):
        return [_plain(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {_plain(key, depth - 1): _plain(item, depth - 1) for key, item in value.items()}
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)
