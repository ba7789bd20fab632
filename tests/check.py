"""`make check`: every check that needs no running site; all of them run, then the failures are told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PRODUCTION = {
    "SITE_URL": "https://learn.example.com",
    "SECRET_KEY": "only-for-this-check-" + "x" * 50,
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
CHECKS: dict[str, tuple[list[str], dict[str, str]]] = {
    "ruff": ([f"{BIN}/ruff", "check", "."], {}),
    "format": ([f"{BIN}/ruff", "format", "--check", "."], {}),
    "mypy": ([f"{BIN}/mypy", "."], {}),
    "layers": ([f"{BIN}/lint-imports"], {}),
    "djlint": ([f"{BIN}/djlint", "templates", "--lint", "--quiet"], {}),
    "migrations": ([sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"], {}),
    "deploy": ([sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    "translations": ([sys.executable, "-m", "tests.messages"], {}),
    "vendor": ([sys.executable, "-m", "pytest", "-q", "tests/test_vendor.py"], {}),
}


def main() -> int:
    failed = []
    for name, (command, environment) in CHECKS.items():
        began = time.monotonic()
        run = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )
        print(
            f"{name:<14}{'ok' if run.returncode == 0 else 'FAILED':<8}{time.monotonic() - began:5.1f} s",
            flush=True,
        )
        if run.returncode:
            failed.append(name)
            print(run.stdout + run.stderr)
    print(f"check: {'FAILED: ' + ', '.join(failed) if failed else 'ok'}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
