"""Sandboxes that are talked with while they run, and pairs that talk with each other."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

import sandbox
from sandbox import Job, Limits
from tests.sandbox.conftest import error_of, text_of

pytestmark = pytest.mark.usefixtures("start")
LIMITS = Limits(seconds=20, cell_seconds=10, memory_mb=512)
# In "cells" too a peer is descriptor 4.
PEER = "import os, socket\npeer = socket.socket(fileno=os.dup(4))\n"


def job(environment: str, *cells: str, **limits: Any) -> Job:
    return Job(environment, cells, limits=replace(LIMITS, **limits))


def test_two_programs_talk_over_a_socket_and_hear_of_each_others_end(environment: str) -> None:
    asks = PEER + "peer.sendall(b'question'); print(peer.recv(100)); print(peer.recv(100))"
    answers = PEER + "print(peer.recv(100)); peer.sendall(b'answer')"
    heard: list[dict[str, Any]] = []
    first, second = sandbox.run_pair(job(environment, asks), job(environment, answers), on_event=heard.append)
    assert (first.status, text_of(first.cells[0])) == ("done", "b'answer'\nb''\n")
    assert (second.status, text_of(second.cells[0])) == ("done", "b'question'\n")
    assert {event["side"] for event in heard} == {0, 1}


def test_the_end_of_one_ends_the_other(environment: str) -> None:
    began = time.monotonic()
    first, second = sandbox.run_pair(job(environment, "1"), job(environment, "import time; time.sleep(60)"))
    assert (first.status, second.status) == ("done", "died")
    assert "worked with" in second.detail
    assert time.monotonic() - began < 6


def test_a_pair_has_one_deadline(environment: str) -> None:
    sleeps = "import time; time.sleep(60)"
    pair = sandbox.run_pair(job(environment, sleeps, seconds=1), job(environment, sleeps))
    assert "timeout" in {result.status for result in pair}
    assert max(result.seconds for result in pair) < 8


def test_a_cell_can_be_interrupted_and_the_next_one_runs(environment: str) -> None:
    def stop(event: dict[str, Any]) -> None:
        if event["type"] == "stream":
            handle.interrupt()

    with sandbox.open(
        job(environment, "import time; print('on', flush=True); time.sleep(60)", "2"), on_event=stop
    ) as handle:
        result = handle.result()
    assert [cell.status for cell in result.cells] == ["error", "ok"]
    assert error_of(result.cells[0]).startswith("KeyboardInterrupt")


def test_a_closed_sandbox_is_gone_and_has_no_result(environment: str) -> None:
    handle = sandbox.open(job(environment, "import time; time.sleep(60)"))
    with pytest.raises(OSError, match="no input"):
        handle.send(b"x")
    began = time.monotonic()
    handle.close()
    assert time.monotonic() - began < 2
    with pytest.raises(ValueError, match="closed"):
        handle.result()
