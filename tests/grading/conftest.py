"""Sandboxes start warm here, as on a site; `tests/sandbox` proves that cold ones do the same."""

from __future__ import annotations

import pytest

from sandbox import warm
from tests.sandbox.conftest import daemon

__all__ = ["daemon"]


@pytest.fixture(autouse=True)
def _warm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("sandbox"):
        monkeypatch.setenv(warm.VARIABLE, request.getfixturevalue("daemon"))
