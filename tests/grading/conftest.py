"""Sandboxes start warm here, as on a site; `tests/sandbox` proves that cold ones do the same."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import always_warm, daemon

__all__ = ["always_warm", "daemon"]


@pytest.fixture(autouse=True)
def _warm(always_warm: None) -> None:
    """For every test."""
