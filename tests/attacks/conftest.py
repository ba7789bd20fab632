"""The sandbox of `tests/sandbox`, here too; what does not say how it starts starts warm, as on a site."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import always_warm, daemon, environment, printed, run_cells, start

__all__ = ["always_warm", "daemon", "environment", "printed", "run_cells", "start"]


@pytest.fixture(autouse=True)
def _warm(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("start" if "start" in request.fixturenames else "always_warm")
