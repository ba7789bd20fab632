"""The holes of a2wsgi behind Granian, each closed, and slow clients held apart: over a real socket."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from lms import limits
from lms.sitetest import free_port

LARGE = 16 * 2**20  # as in probe_app.py


@dataclass
class Probe:
    port: int
    log: Path

    def connect(self, head: str, body: bytes = b"") -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        client.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return client

    def ask(self, head: str, body: bytes = b"") -> Any:
        with self.connect(head + "\nHost: localhost\nConnection: close", body) as client:
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
        return json.loads(answer[answer.index(b"{") : answer.rindex(b"}") + 1])


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    port, log = free_port(), tmp_path_factory.mktemp("guard") / "log"
    log.touch()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "--no-ws"),
        *("--workers-kill-timeout", "1", "--log-level", "critical", "tests.lms.probe_app:application"),
    ]
    server = subprocess.Popen(command, cwd=settings.BASE_DIR, env={**os.environ, "PROBE_LOG": str(log)})
    try:
        for _ in range(200):
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Probe(port, log)
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.parametrize("length", [0, 1, 300_000, limits.MAX_BODY])
def test_a_body_arrives_whole(probe: Probe, length: int) -> None:
    body = os.urandom(length)
    seen = probe.ask(f"POST /whole HTTP/1.1\nContent-Length: {length}", body)
    assert seen["sha256"] == hashlib.sha256(body).hexdigest()


def test_a_body_that_did_not_tell_its_length_arrives_with_it(probe: Probe) -> None:
    seen = probe.ask("POST / HTTP/1.1\nTransfer-Encoding: chunked", b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert (seen["CONTENT_LENGTH"], seen["sha256"]) == ("5", hashlib.sha256(b"abcde").hexdigest())


@pytest.mark.parametrize("head", ["Content-Length: {}", "Transfer-Encoding: chunked"])
def test_of_a_body_that_is_too_large_only_the_length_arrives(probe: Probe, head: str) -> None:
    body = os.urandom(limits.MAX_BODY + 1)
    if "chunked" in head:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    seen = probe.ask(f"POST / HTTP/1.1\n{head.format(len(body))}", body)
    assert seen["CONTENT_LENGTH"] == str(limits.MAX_BODY + 1)
    assert seen["sha256"] == hashlib.sha256(b"").hexdigest()


def half(probe: Probe) -> socket.socket:
    return probe.connect("POST /half HTTP/1.1\nHost: localhost\nContent-Length: 5000", b"x" * 100)


def test_silent_clients_hold_no_thread_and_are_sent_away(probe: Probe) -> None:
    with contextlib.ExitStack() as clients:
        silent = [clients.enter_context(half(probe)) for _ in range(8)]
        began = time.monotonic()
        probe.ask("GET /beside HTTP/1.1")
        assert time.monotonic() - began < 0.5
        for client in silent:
            assert client.recv(65536).startswith(b"HTTP/1.1 408")
            assert client.recv(65536) == b""  # closed
        assert time.monotonic() - began < 2


def test_a_client_that_drips_is_sent_away(probe: Probe) -> None:
    with half(probe) as client:
        began = time.monotonic()
        client.settimeout(0.3)
        while True:
            client.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                assert client.recv(65536).startswith(b"HTTP/1.1 408")
                break
        assert 2.5 < time.monotonic() - began < 4


def test_clients_that_do_not_read_hold_no_thread_and_are_cut_off(probe: Probe) -> None:
    with contextlib.ExitStack() as clients:
        deaf = [
            clients.enter_context(probe.connect("GET /large HTTP/1.1\nHost: localhost")) for _ in range(4)
        ]
        began = time.monotonic()
        while time.monotonic() - began < 2:
            asked = time.monotonic()
            probe.ask("GET /beside HTTP/1.1")
            assert time.monotonic() - asked < 0.5
        for client in deaf:
            taken = sum(map(len, iter(lambda: client.recv(2**20), b"")))  # noqa: B023
            assert 0 < taken < LARGE


def test_a_large_answer_arrives_whole(probe: Probe) -> None:
    with probe.connect("GET /large HTTP/1.1\nHost: localhost\nConnection: close") as client:
        answer = b"".join(iter(lambda: client.recv(2**20), b""))
    assert len(answer.partition(b"\r\n\r\n")[2]) == LARGE


def test_one_address_sends_so_many_slow_bodies_at_once_and_no_more(probe: Probe) -> None:
    with contextlib.ExitStack() as clients:
        answers = [clients.enter_context(half(probe)) for _ in range(12)]
        heads = sorted(client.recv(65536)[:12] for client in answers)
    assert heads == [b"HTTP/1.1 408"] * 10 + [b"HTTP/1.1 503"] * 2
    with half(probe) as again:
        assert again.recv(65536).startswith(b"HTTP/1.1 408")


def test_half_a_body_is_not_taken_for_the_whole(probe: Probe) -> None:
    probe.connect("POST /half HTTP/1.1\nHost: localhost\nContent-Length: 5000", b"x" * 100).close()
    probe.ask("GET /after HTTP/1.1")
    time.sleep(0.3)
    assert "/after" in probe.log.read_text()
    assert "/half" not in probe.log.read_text()


def test_cookies_in_several_headers_stay_apart(probe: Probe) -> None:
    seen = probe.ask("GET / HTTP/1.1\nCookie: a=1\nCookie: b=2")
    assert seen["HTTP_COOKIE"] == "a=1; b=2"


def test_a_look_alike_header_forges_nothing(probe: Probe) -> None:
    forged = probe.ask("GET / HTTP/1.1\nX_Forwarded_For: 6.6.6.6\nX-Real-Name: proxy\nX_Real_Name: forged")
    assert forged["HTTP_X_FORWARDED_FOR"] is None
    assert forged["HTTP_X_REAL_NAME"] == "proxy"
