"""The sandbox of `tests/sandbox`, here too."""

from __future__ import annotations

from tests.sandbox.conftest import daemon, environment, printed, run_cells, start

__all__ = ["daemon", "environment", "printed", "run_cells", "start"]
