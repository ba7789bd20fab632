"""The four holes of a2wsgi behind Granian, each closed, over a real socket."""

from __future__ import annotations

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

from lms.sitetest import free_port


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


def test_a_body_arrives_whole(probe: Probe) -> None:
    body = os.urandom(300_000)
    assert probe.ask(f"POST /whole HTTP/1.1\nContent-Length: {len(body)}", body)["length"] == len(body)


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
