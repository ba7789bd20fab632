"""Commands without a site: the database is there for as long as they run, shared, and gone afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from lms.sitetest import left_processes

ASK = (
    "from django.db import connection as c; k = c.cursor(); k.execute('SELECT pg_sleep({0})'); print('asked')"
)


def start(data: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env={**os.environ, "DATA_DIR": str(data), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_two_commands_share_a_database_that_ends_with_them(tmp_path: Path) -> None:
    data = tmp_path / "data"
    long = start(data, "shell", "--no-imports", "-c", ASK.format(2))
    short = start(data, "shell", "--no-imports", "-c", ASK.format(0))
    answers = [process.communicate(timeout=60)[0] for process in (short, long)]
    assert answers == ["asked\n", "asked\n"]
    assert left_processes(data, {}) == {}


def test_a_killed_command_leaves_no_database(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = start(
        data, "shell", "--no-imports", "-c", "print('here', flush=True); import time; time.sleep(60)"
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "here\n"
    command.kill()
    command.communicate()
    for _ in range(100):
        if not left_processes(data, {}):
            return
        time.sleep(0.1)
    pytest.fail(str(left_processes(data, {})))


def test_a_data_folder_with_a_long_name_works(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30)
    command = start(data, "shell", "--no-imports", "-c", ASK.format(0))
    assert command.communicate(timeout=60)[0] == "asked\n"


def test_a_pid_file_of_somebody_else_blocks_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    start(data, "shell", "--no-imports", "-c", ASK.format(0)).communicate(timeout=60)
    pidfile = data / "pg" / "postmaster.pid"
    pidfile.write_text(f"{os.getpid()}\n{data}/pg\n0\n5432\n{data}/run/pg\n\n0 0\nready   \n")
    pidfile.chmod(0o644)
    command = start(data, "shell", "--no-imports", "-c", ASK.format(0))
    assert command.communicate(timeout=60)[0] == "asked\n"


def test_the_settings_of_a_public_site_are_safe(tmp_path: Path) -> None:
    checked = start(
        tmp_path, "check", "--deploy", "--fail-level", "WARNING", SITE_URL="https://learn.example.com"
    )
    output, _ = checked.communicate(timeout=60)
    assert checked.returncode == 0, output
    # Silenced is one warning, of a middleware of django-axes whose page the login form replaces.
    assert "no issues (1 silenced)" in output
