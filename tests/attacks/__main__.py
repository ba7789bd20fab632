"""`make attacks`: every attack with its verdict, a line each, and their sum as the last line."""

from __future__ import annotations

import sys

import pytest

from tests.attacks.catalogue import ATTACKS, FORGING
from tests.verdicts import Verdicts


def main() -> int:
    verdicts = Verdicts("attack", ATTACKS)
    status = verdicts.run()
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        return status
    for name in ATTACKS:
        print(verdicts.line(name, "contained", "OPEN"))
    contained = [name for name in ATTACKS if verdicts.is_proven(name)]
    forged = [name for name in FORGING if name not in contained]
    print(f"attacks: contained {len(contained)} of {len(ATTACKS)}, forged {len(forged)}")
    return int(len(contained) < len(ATTACKS))


if __name__ == "__main__":
    sys.exit(main())
