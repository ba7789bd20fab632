"""Real stores for every test: PostgreSQL and Valkey start once for all runs that overlap, and end with the last.

Each process of a run works on a database of its own, copied from a template that holds the migrated tables.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.utils import translation
from psycopg import errors, sql
from pytest_django import DjangoDbBlocker

from lms import keeper
from lms.sitetest import Site

STORES: Path = settings.DATA_DIR


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever shares the one started site runs in one process (`--dist loadgroup`)."""
    for item in items:
        if "site" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.site)
            item.add_marker(pytest.mark.xdist_group("site"))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are asserted in the language of the sources; what a request activates ends with the test."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session")
def stores() -> Iterator[Path]:
    """PostgreSQL and Valkey answer at what the settings say. Topics and queues are shared: use names of your own."""
    with keeper.database_running(STORES, options=("--fast", "--valkey")):
        yield STORES


@pytest.fixture(scope="session")
def django_db_setup(stores: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), _own_database(stores) as name:
        _use(name)
        yield
        connections.close_all()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The whole site with the sample group, as `manage.py up --demo` starts it: `site.url`, `site.data`."""
    with Site(tmp_path_factory.mktemp("site"), "--demo") as running:
        yield running


def _use(name: str) -> None:
    connection.close()
    connections.settings["default"]["NAME"] = connection.settings_dict["NAME"] = name


@contextlib.contextmanager
def _own_database(data: Path) -> Iterator[str]:
    """The first database that no other process of any run uses; kept for the next run if it was left clean."""
    digest = _migrations_digest()
    template = _template(data, digest)
    number = 0
    while True:
        note = (data / f"slot-{number}").open("a+", encoding="ascii")
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            note.close()
            number += 1
    with note:
        name = f"test_{digest}_{number}"
        note.seek(0)
        is_clean = note.read() == name and name in _databases(data)
        note.truncate(0)
        if not is_clean:
            _execute(data, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
            _execute(data, "CREATE DATABASE {} TEMPLATE {}", name, template)
        yield name
        note.write(name)


def _template(data: Path, digest: str) -> str:
    """The migrated database that all others are copied from, made once for one state of the migrations."""
    name, building = f"template_{digest}", f"building_{digest}"
    with (data / "template.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        names = _databases(data)
        if name not in names:
            for old in names:
                if old.startswith(("template_", "building_", "test_")):
                    # Another run may be on it: a run of older migrations, ending now.
                    with contextlib.suppress(errors.ObjectInUse):
                        _execute(data, "DROP DATABASE IF EXISTS {}", old)
            _execute(data, "CREATE DATABASE {}", building)
            _use(building)
            call_command("migrate", verbosity=0, interactive=False)
            connection.close()
            _execute(data, "ALTER DATABASE {} RENAME TO {}", building, name)
    return name


def _databases(data: Path) -> set[str]:
    with keeper.connect(data) as server:
        return {row[0] for row in server.execute("SELECT datname FROM pg_database").fetchall()}


def _execute(data: Path, statement: str, *names: str) -> None:
    with keeper.connect(data) as server:
        server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _migrations_digest() -> str:
    """Of our migrations, and of what brings those of libraries."""
    digest = hashlib.sha256(" ".join(settings.INSTALLED_APPS).encode())
    digest.update((settings.BASE_DIR / "requirements.lock").read_bytes())
    for path in sorted(settings.BASE_DIR.glob("*/migrations/*.py")):
        digest.update(str(path.relative_to(settings.BASE_DIR)).encode() + path.read_bytes())
    return digest.hexdigest()[:10]
