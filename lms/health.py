"""Is this process alive, and may it be sent traffic? Both answers hold no secret and need no login."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The process answers. It asks nothing else, so an orchestrator never kills it for the database's sake."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001
    """503 without the database or its tables. Without the broker work waits but nothing is lost: 200."""
    database = _database()
    broker = "ok" if _broker_answers() else "down"
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


def _broker_answers() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
