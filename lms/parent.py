"""To end when the process that started us does, however it ended. Linux only; elsewhere a no-op."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

# Present in the environment of every process that `up` started; its value is the supervisor's pid.
MARKER = "MARU_UP"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(wanted: signal.Signals, parent: int) -> None:
    """Be sent `wanted` when `parent` ends: exactly, when its thread that started us does.

    A change of uid clears this, so call it afterwards.
    """
    if sys.platform != "linux":
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(wanted), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)


def hook(wanted: signal.Signals) -> Callable[[], None]:
    """The same as a `preexec_fn`; make it in the process that will be the parent."""
    parent = os.getpid()
    return lambda: die_with_parent(wanted, parent)
