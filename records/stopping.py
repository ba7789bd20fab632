"""Whether this process was asked to end. Whoever runs long work looks here between its steps."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_asked = threading.Event()


def request() -> None:
    _asked.set()


def requested() -> bool:
    return _asked.is_set()


def wait(seconds: float) -> bool:
    """Sleep, but wake at once when the process is asked to end; True if it was."""
    return _asked.wait(seconds)


def say_ready() -> None:
    """Tell whoever started this process that it works now: it named a file in READY_FILE."""
    path = os.environ.get("READY_FILE")
    if path:
        Path(path).touch()
