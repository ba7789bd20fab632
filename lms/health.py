"""Is this process alive, and may it be sent traffic? Both answers hold no secret and need no login."""

from __future__ import annotations

import uuid

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lms.wire import Message, Receive, Send, answer

ALIVE = "/healthz"


async def healthz(scope: Message, _receive: Receive, send: Send) -> None:
    """The process answers. It asks nothing else, not even for a thread of the pages.

    So an orchestrator never kills it for the database's sake, or because it is busy.
    """
    if scope["method"] in {"GET", "HEAD"}:
        await answer(send, 200, "ok")
    else:
        await answer(send, 405, headers=[(b"allow", b"GET, HEAD")])


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """503 without the database or its tables. Without the broker work waits but nothing is lost: 200."""
    database, broker = _database(), _broker()
    if database != "ok":
        state, status = "unavailable", 503
    else:
        state, status = ("ok" if broker == "ok" else "degraded"), 200
    return JsonResponse({"status": state, "database": database, "broker": broker}, status=status)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "down"
    return "migrations are missing" if waiting else "ok"


def _broker() -> str:
    """Asked to keep something: a broker without memory still answers a ping but takes no hint."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        client.set(f"ready:{uuid.uuid4()}", "", ex=1)
    except redis.OutOfMemoryError:
        return "full"
    except redis.RedisError:
        return "down"
    finally:
        client.close()
    return "ok"
