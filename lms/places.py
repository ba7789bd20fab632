"""Where the parts of a data folder lie. Imports nothing of Django: the supervisor needs it before settings."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
# sun_path holds 107 bytes on Linux and 103 on macOS; PostgreSQL adds a lock file beside its socket.
_LONGEST = 100


def data_dir() -> Path:
    """DATA_DIR of the environment, else `var` beside manage.py."""
    return Path(os.environ.get("DATA_DIR") or BASE_DIR / "var").resolve()


def run_folder(data: Path) -> Path:
    """Where the sockets lie: in the data folder, or in a short private one when their paths grow too long."""
    run = data / "run"
    if len(os.fsencode(run / "pg" / ".s.PGSQL.5432.lock")) <= _LONGEST:
        return run
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"maru-{os.getuid()}-{digest}"


def prepared(data: Path) -> Path:
    """There from the moment at which this start's tables, static files and accounts are as they should be."""
    return run_folder(data) / "prepared"


def postgres_sockets(data: Path) -> Path:
    return run_folder(data) / "pg"


def sandbox_socket(data: Path) -> Path:
    return run_folder(data) / "sb" / "daemon.sock"


def valkey_socket(data: Path) -> Path:
    return run_folder(data) / "vk" / "valkey.sock"
