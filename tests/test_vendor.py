"""What is shipped from other projects is what was reviewed: the same bytes, with their licences."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
PERMISSIVE = {"0BSD", "BSD-0-Clause", "ISC", "MIT", "OFL-1.1"}


def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VENDOR / "vendor.json").read_text())
    return loaded


def integrity(file: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()


def test_every_vendored_file_is_the_one_that_was_built() -> None:
    files = {
        str(file.relative_to(VENDOR)): integrity(file)
        for file in VENDOR.rglob("*")
        if file.is_file() and file.name != "vendor.json"
    }
    assert files == manifest()["files"]


def test_every_vendored_package_has_a_permissive_licence_and_its_text() -> None:
    notices = (VENDOR / "THIRD_PARTY.txt").read_text()
    for package in manifest()["packages"]:
        assert package["license"] in PERMISSIVE
        assert f"{package['name']} {package['version']} ({package['license']})" in notices


def test_versions_are_pinned_and_the_lock_names_no_registry() -> None:
    wanted = json.loads((ROOT / "assets" / "package.json").read_text())
    pins = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert all(pin[0].isdigit() for pin in pins.values())
    assert '"resolved"' not in (ROOT / "assets" / "package-lock.json").read_text()


def test_stylesheets_ask_only_for_fonts_that_are_there() -> None:
    for sheet in VENDOR.rglob("*.css"):
        for part in sheet.read_text().split("url(")[1:]:
            assert (sheet.parent / part.split(")")[0].strip("'\"")).is_file()
