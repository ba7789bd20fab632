"""`make chaos`: every fault with its verdict, a line each, and their sum as the last line."""

from __future__ import annotations

import sys

import pytest

from tests.chaos.catalogue import FAULTS
from tests.verdicts import Verdicts


def main() -> int:
    verdicts = Verdicts("fault", FAULTS)
    status = verdicts.run()
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        return status
    for name in FAULTS:
        print(verdicts.line(name, "survived", "VIOLATED"))
    violations = sum(not verdicts.is_proven(name) for name in FAULTS)
    word = "failed" if violations else "ok"
    print(f"chaos: {word} {len(FAULTS)} faults, 0 sequences, {violations} violations")
    return int(bool(violations))


if __name__ == "__main__":
    sys.exit(main())
