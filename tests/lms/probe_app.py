"""A WSGI application that says what it was given, behind the guard and Granian, as Django is."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lms import bodies, guard
from lms.guard import guarded

# So that nobody waits a minute for what a minute does.
bodies.STALL_SECONDS, bodies.WHOLE_SECONDS = 1.0, 3.0
guard.SEND_SECONDS = 1.0
bodies.SLOW_SECONDS, bodies.SLOW_PER_ADDRESS = 0.5, 10
LARGE = 16 * 2**20
SEEN = ("CONTENT_LENGTH", "HTTP_COOKIE", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_NAME")


def _say(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    with Path(os.environ["PROBE_LOG"]).open("a") as log:
        log.write(f"{environ['PATH_INFO']} whole body of {len(body)}\n")
    if environ["PATH_INFO"] == "/large":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(LARGE))])
        return (b"x" * 2**16 for _ in range(LARGE // 2**16))
    start_response("200 OK", [("Content-Type", "application/json")])
    seen = {name: environ.get(name) for name in SEEN}
    return [json.dumps({"sha256": hashlib.sha256(body).hexdigest()} | seen).encode()]


application = guarded(_say, threads=2)
