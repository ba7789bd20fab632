"""One ASGI application: /events/* and /healthz natively, all else through Django's WSGI in a bounded pool of threads.

Never Django's own ASGI handler: it takes a database connection for each request.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from importlib import import_module
from pathlib import Path

from lms import parent

if parent.MARKER in os.environ:
    # This is Granian's worker: a killed Granian would leave it listening on the port.
    parent.die_with_parent(signal.SIGKILL, os.getppid())
    if os.getppid() == 1:
        raise SystemExit("granian is gone")
    # Until it serves, a stop is one: Granian's own handler would only take note of it.
    _granians = signal.signal(signal.SIGTERM, signal.SIG_DFL)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402

from lms import events, health  # noqa: E402 - imports apps
from lms.guard import guarded  # noqa: E402
from lms.wire import Message, Receive, Send  # noqa: E402

# Objects more than before; a page makes some ten thousand, and frees them itself.
_COLLECT_AFTER = 50_000

# Loaded here, pages cost the first visitor nothing; and under `up` it happens while the tables are made.
import_module(settings.ROOT_URLCONF)
# What is loaded stays loaded: pages need no collection that walks through it, and few that walk through their own.
gc.collect()
gc.freeze()
gc.set_threshold(_COLLECT_AFTER)
if after := os.environ.get("START_AFTER"):
    while not Path(after).exists():
        time.sleep(0.01)
if parent.MARKER in os.environ:
    signal.signal(signal.SIGTERM, _granians)

_pages = guarded(WSGIHandler(), threads=settings.WEB_THREADS)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "http" and scope["path"].startswith(events.PREFIX):
        await events.application(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == health.ALIVE:
        await health.healthz(scope, receive, send)
    else:
        await _pages(scope, receive, send)
