"""A WSGI application that says what it was given, behind the guard and Granian, as Django is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from lms.guard import Application, guarded

SEEN = ("HTTP_COOKIE", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_NAME")


def _say(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    length = len(environ["wsgi.input"].read())
    with Path(os.environ["PROBE_LOG"]).open("a") as log:
        log.write(f"{environ['PATH_INFO']} whole body of {length}\n")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"length": length} | {name: environ.get(name) for name in SEEN}).encode()]


application = guarded(cast("Application", WSGIMiddleware(cast("Any", _say), workers=2)))
