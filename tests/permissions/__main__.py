"""`make permissions`: the walk, with its sum as the last line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


def main() -> int:
    status = pytest.main(["-q", "--no-header", "-n", "0", "-p", "no:warnings", str(Path(__file__).parent)])
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        return int(status)
    from tests.permissions import test_walk  # needs the settings, which pytest has set up

    print(test_walk.last or "permissions: the walk did not end")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
