"""`manage.py up` on a running site: it refuses what would go wrong, and what ends starts again by itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
from django.conf import settings

from lms.sitetest import Site, free_port

EVERYWHERE = "0.0.0.0"  # noqa: S104 - to be refused
PARTS = ("postgres", "valkey", "granian", "celery", "dispatcher")


def up(data: Path, *options: str, port: int | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATA_DIR": str(data), "PORT": str(port or free_port())}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "up", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def wait_until(is_so: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def status(site: Site) -> int:
    try:
        return httpx.get(f"{site.url}/readyz", timeout=5).status_code
    except httpx.HTTPError:
        return 0


def pids(site: Site) -> dict[str, int]:
    found = {}
    for part in PARTS:
        try:
            found[part] = site.pid_of(part)
        except LookupError:
            found[part] = 0
    return found


def test_lines_carry_the_name_of_their_process(site: Site) -> None:
    text = site.lines()
    assert f"the site answers at {site.url}" in text
    assert "demo accounts:" in text
    assert all(line[11:12] == "|" for line in text.splitlines())


def test_a_second_start_is_refused(site: Site) -> None:
    second = up(site.data)
    assert second.returncode == 1
    assert f"already runs on {site.data} (process {site.process.pid})" in second.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = up(tmp_path, port=port)
    assert refused.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in refused.stderr
    assert f"PORT={port + 1}" in refused.stderr


@pytest.mark.parametrize("port", ["0", "-1", "65536", "abc"])
def test_what_is_no_port_is_refused_in_a_sentence(tmp_path: Path, port: str) -> None:
    refused = up(tmp_path, f"--port={port}")
    assert refused.returncode == 2
    assert f"a port is a number from 1 to 65535, not '{port}'" in refused.stderr


def test_an_address_of_another_machine_needs_another_host_not_another_port(tmp_path: Path) -> None:
    refused = up(tmp_path, "--host", "192.0.2.1")  # of documentation, so of no machine (RFC 5737)
    assert refused.returncode == 1
    assert "Choose another: --host 127.0.0.1." in refused.stderr
    assert "PORT=" not in refused.stderr


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "file", tmp_path / "file" / "below"):
        refused = up(wrong)
        assert refused.returncode == 1
        assert f"The data folder {wrong} cannot be made: a file lies there." in refused.stderr


def test_demo_accounts_never_listen_beyond_this_machine(site: Site, tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_DIR": str(site.data), "MARU_UP": "1"}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "prepare", "--public", EVERYWHERE]
    refused = subprocess.run(
        [*command, "--note", str(tmp_path / "note")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "password of its demo accounts (" in refused.stderr


def test_up_refuses_a_public_address_that_nobody_could_use(tmp_path: Path) -> None:
    refused = up(tmp_path, "--host", EVERYWHERE)
    assert refused.returncode == 1
    assert "Set SITE_URL" in refused.stdout


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_starts_again_and_the_others_stay(site: Site, part: str) -> None:
    before = pids(site)
    os.kill(before[part], signal.SIGKILL)
    wait_until(lambda: pids(site)[part] not in {0, before[part]})
    wait_until(lambda: status(site) == 200)
    after = pids(site)
    assert {name: after[name] for name in PARTS if name != part} == {
        name: before[name] for name in PARTS if name != part
    }


def test_a_web_worker_does_not_outlive_its_server(site: Site) -> None:
    server = psutil.Process(site.pid_of("granian"))
    [worker] = server.children()
    server.kill()
    psutil.wait_procs([worker], timeout=3)
    assert not worker.is_running()
    wait_until(lambda: status(site) == 200)
