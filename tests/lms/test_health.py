from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.db import connection
from django.test import Client
from pytest_django import Settings

from lms import embedded


def test_a_process_without_database_is_alive_but_not_ready() -> None:
    script = """
import asyncio, django
django.setup()
from django.test import Client
from lms.asgi import application

async def send(message):
    if "status" in message:
        print(message["status"])

for method in ("GET", "POST"):
    asyncio.run(application({"type": "http", "path": "/healthz", "method": method}, None, send))
answer = Client(headers={"host": "localhost"}).get("/readyz")
print(answer.status_code, answer.json()["database"])
"""
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://maru@/maru?host=/nonexistent",
        "DJANGO_SETTINGS_MODULE": "lms.settings",
        "SECRET_KEY": "x" * 60,
    }
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env=environment, cwd=site_settings.BASE_DIR, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert answer.stdout.split() == ["200", "405", "503", "down"]


@pytest.mark.django_db
def test_a_site_with_both_stores_is_ready(client: Client) -> None:
    assert client.get("/readyz").json() == {"status": "ok", "database": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_without_the_broker_a_site_is_degraded_but_serves(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"


@pytest.mark.django_db
def test_a_broker_that_takes_no_hint_any_more_is_full(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    address = tmp_path / "full.sock"
    command = [
        embedded.valkey_binary(),
        "--port",
        "0",
        "--unixsocket",
        address,
        "--save",
        "",
        "--maxmemory",
        "1mb",
    ]
    broker = subprocess.Popen(
        [*map(str, command), "--maxmemory-policy", "noeviction"], stdout=subprocess.DEVNULL
    )
    try:
        settings.REDIS_URL = f"unix://{address}"
        for _ in range(100):
            if client.get("/readyz").json()["broker"] != "down":
                break
            time.sleep(0.05)
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["broker"]) == ("degraded", "full")
    finally:
        broker.kill()
        broker.wait()


@pytest.mark.django_db
def test_missing_migrations_are_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'grading'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "migrations are missing"
