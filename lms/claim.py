"""Who may run the stores of a data folder: one process at a time, by a file lock that dies with its owner."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import TextIO

SITE, COMMAND = "up", "command"


class Taken(Exception):
    """Somebody else holds the folder; `holder` is what it wrote into the lock: "up 123" or "command 123"."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


def claim(data: Path, who: str, *, wait: float = 0) -> TextIO:
    """Hold the folder until the returned file is closed. Waits that long for a command, never for a site.

    Raises Taken.
    """
    end = time.monotonic() + wait
    handle = (data / "lock").open("a+", encoding="ascii")  # closed on exec: no child inherits the lock
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip()
            if holder.startswith(SITE) or time.monotonic() >= end:
                handle.close()
                raise Taken(holder) from None
            time.sleep(0.1)
        else:
            handle.truncate(0)
            handle.write(f"{who} {os.getpid()}")
            handle.flush()
            return handle


def holder_of(data: Path) -> str:
    """Who holds the folder now: "up 123", "command 123", or "" for nobody."""
    with (data / "lock").open("a+", encoding="ascii") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            return handle.read().strip()
        return ""


def make_folder(data: Path) -> None:
    """The data folder. Root's may be walked through: its PostgreSQL runs as somebody else."""
    try:
        data.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except PermissionError as error:
        raise PermissionError(
            f"The data folder {data} cannot be made ({error.strerror}). "
            "Make it and give it to this account, or set DATA_DIR to a folder of yours."
        ) from error
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            f"The data folder {data} cannot be made: a file lies there. Set DATA_DIR to a folder."
        ) from error
    if not os.access(data, os.W_OK | os.X_OK):
        raise PermissionError(
            f"The data folder {data} belongs to somebody else. Set DATA_DIR to one of yours."
        )
