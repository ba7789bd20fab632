"""Files that jobs left behind: parts of work that failed, results of attempts that lost their lease."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from records import artifacts
from records.longjobs.registry import kinds
from records.models import LongJob

EVERY = 3600.0
RESULTS = "results"


def key_of(folder: str, job: LongJob, number: int) -> str:
    """Where a job keeps a file of its own: the name says whose it is, for whoever cleans up."""
    return f"{folder}/{job.pk.hex[:2]}/{job.pk.hex}-{number}"


def remove_leftovers() -> None:
    """Periodic: of jobs that have ended, all files but the result. What is no job's here is left alone."""
    for folder in {RESULTS, *(kind.parts for kind in kinds.values() if kind.parts)}:
        for keys in artifacts.keys_below(folder):
            # Listed first: a file of a job that begins meanwhile is not among these.
            for key in _left(keys):
                artifacts.remove(key)


def _left(keys: list[str]) -> Iterator[str]:
    ids = {key: job for key in keys if (job := _job_id(key)) is not None}
    ended = LongJob.objects.filter(pk__in=ids.values()).exclude(state__in=LongJob.OPEN)
    results = dict(ended.values_list("pk", "result_key"))
    return (key for key, job in ids.items() if job in results and results[job] != key)


def _job_id(key: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(key.rpartition("/")[2].partition("-")[0])
    except ValueError:
        return None
