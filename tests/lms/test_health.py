from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings as site_settings
from django.db import connection
from django.test import Client
from pytest_django import Settings


def test_a_process_without_database_is_alive_but_not_ready() -> None:
    script = (
        "import django; django.setup(); from django.test import Client; c = Client(headers={'host': 'localhost'});"
        "print(c.get('/healthz').status_code, c.get('/readyz').status_code, c.get('/readyz').json()['database'])"
    )
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
    assert answer.stdout.split() == ["200", "503", "down"]


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
def test_missing_migrations_are_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'grading'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "migrations are missing"
