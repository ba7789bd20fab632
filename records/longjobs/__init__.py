"""Long work: an app registers a kind in `AppConfig.ready()`, starts jobs of it, and includes `records/_job.html`.

`run` gets a `LongWork` and calls its `progress` between steps. It may be called again from the last checkpoint, on
another machine, so each step must be safe to repeat up to the checkpoint that was stored.
"""

from records.longjobs.leftovers import key_of
from records.longjobs.registry import JobKind, label_of, register
from records.longjobs.services import cancel_job, start_job
from records.longjobs.terminal import JobIsHeld, run_inline
from records.longjobs.work import Cancelled, JobFailed, LeaseLost, LongWork, Stopping

__all__ = [
    "Cancelled",
    "JobFailed",
    "JobIsHeld",
    "JobKind",
    "LeaseLost",
    "LongWork",
    "Stopping",
    "cancel_job",
    "key_of",
    "label_of",
    "register",
    "run_inline",
    "start_job",
]
