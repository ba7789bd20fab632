"""The processes of the site beside its stores: how each is started, and how one sees that it works."""

from __future__ import annotations

import argparse
import ipaddress
import os
import signal
import socket
import sys
from functools import partial
from pathlib import Path

from lms import places
from lms.processes import Program

_MANAGE = places.BASE_DIR / "manage.py"
# glibc would keep an arena for each thread.
_LEAN = {"MALLOC_ARENA_MAX": "2", "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "lms.settings"}


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address(options: argparse.Namespace) -> str:
    return os.environ.get("SITE_URL", "").rstrip("/") or f"http://127.0.0.1:{options.port}"


def prepare(options: argparse.Namespace, note: Path) -> Program:
    argv: list[str | Path] = [sys.executable, _MANAGE, "prepare", "--note", note]
    if not is_loopback(options.host):
        argv += ["--public", options.host]
    if options.demo:
        argv += ["--demo"]
    return Program("prepare", argv, lambda: True, environment=_LEAN)


def serving(data: Path, host: str, port: int) -> list[Program]:
    """In the order in which they start."""
    return [_web(data, host, port), _sandboxes(data), _worker(data), _dispatcher(data)]


def _web(data: Path, host: str, port: int) -> Program:
    argv: list[str | Path] = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--host", host, "--port", str(port),
        "--workers", os.environ.get("WEB_WORKERS", "1"), "--workers-kill-timeout", "3", "--backpressure", "2000",
        "--no-ws", "--respawn-failed-workers", "--log-level", "warning", "lms.asgi:application",
    ]  # fmt: skip
    return Program(
        "web",
        argv,
        partial(_answers, host, port),
        orphan_signal=signal.SIGKILL,  # its worker goes with it, see lms/asgi.py
        environment={**_LEAN, "START_AFTER": str(places.prepared(data))},
    )


def _answers(host: str, port: int) -> bool:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    try:
        with socket.create_connection((reachable, port), timeout=1) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return client.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _worker(data: Path) -> Program:
    argv: list[str | Path] = [
        # Root is warned of pickle, which is off; sandboxes drop root by themselves.
        *(sys.executable, "-W", "ignore:You're running the worker with superuser", "-m", "celery"),
        *("--quiet", "-A", "lms", "worker", "--pool", "threads"),
        # More threads than exercises may take: one for turning their results into grades, two for long jobs.
        *("--concurrency", str(int(os.environ.get("WORKER_CONCURRENCY", "2")) + 3)),
        *("-Q", "cpu,gpu,interactive,default"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
    return _marked("worker", argv, data, SANDBOX_SOCKET=str(places.sandbox_socket(data)))


def _sandboxes(data: Path) -> Program:
    """Its own process: bubblewrap's sandboxes die with the thread that starts them, and here that is the main one."""
    path = places.sandbox_socket(data)
    argv: list[str | Path] = [sys.executable, "-m", "sandbox", "serve", "--socket", path]
    return Program("sandboxes", argv, path.exists, prepare=partial(path.unlink, missing_ok=True))


def _dispatcher(data: Path) -> Program:
    return _marked("dispatcher", [sys.executable, _MANAGE, "dispatcher"], data)


def _marked(name: str, argv: list[str | Path], data: Path, **environment: str) -> Program:
    """A program that says itself that it works, by making a file."""
    ready = places.run_folder(data) / f"{name}.ready"
    return Program(
        name,
        argv,
        ready.exists,
        environment={**_LEAN, **environment, "READY_FILE": str(ready)},
        prepare=partial(ready.unlink, missing_ok=True),
    )
