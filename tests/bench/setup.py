"""How long a newcomer waits: `make setup` in a clean clone, packages downloaded or cached as the machine has them."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure

ROOT = Path(__file__).parents[2]


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder:
        clone = Path(folder) / "maru"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        first, again = _setup(clone), _setup(clone)
    return [
        Figure("make setup, clean clone", first, "s", "≤ 60 s when packages download fast"),
        Figure("make setup, nothing to do", again, "s"),
    ]


def _setup(clone: Path) -> float:
    began = time.monotonic()
    subprocess.run(["make", "--silent", "setup"], cwd=clone, check=True, capture_output=True)
    return time.monotonic() - began
