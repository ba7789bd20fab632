from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from django.conf import settings as site
from pytest_django import Settings

from records import artifacts


@pytest.fixture(params=[0o600, 0o640])
def folder(settings: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, int]:
    options = {"location": tmp_path / "new" / "artifacts", "file_permissions_mode": request.param}
    kept = {**site.STORAGES["artifacts"], "OPTIONS": options}
    settings.STORAGES = {**site.STORAGES, "artifacts": kept}
    return tmp_path / "new" / "artifacts", request.param


def test_what_is_stored_is_read_back_and_open_to_whom_the_settings_say(folder: tuple[Path, int]) -> None:
    place, mode = folder
    name = artifacts.store(b"notebook")
    assert name == hashlib.sha256(b"notebook").hexdigest()
    assert artifacts.read(name) == b"notebook"
    [file] = (path for path in place.rglob("*") if path.is_file())
    assert file.stat().st_mode & 0o777 == mode


def test_the_same_bytes_are_kept_once(folder: tuple[Path, int]) -> None:
    place, _mode = folder
    assert artifacts.store(b"twice") == artifacts.store(b"twice")
    assert sum(path.is_file() for path in place.rglob("*")) == 1
