"""A long job in the foreground of a terminal."""

from __future__ import annotations

import sys
import time

from records.longjobs import queue
from records.longjobs.registry import kinds, label_of
from records.longjobs.work import Cancelled, JobFailed, LongWork
from records.models import LongJob

_WIDTH = 30
_REDRAW = 0.2


class JobIsHeld(Exception):
    """Somebody else runs the job, or did until a moment ago: its lease has not run out yet."""


def run_inline(job: LongJob) -> LongJob:
    """Run a job that was started `inline` in this process, with a bar on a terminal, and return its row.

    Whatever ends it early (Ctrl-C, an error of `run`, which is raised) leaves it queued, and the next call goes on from
    its checkpoint; kill -9 does so once the lease ran out. Raises JobIsHeld until then, JobFailed as `run` did.
    """
    claimed = queue.claim_this(job)
    if claimed is None:
        raise JobIsHeld(f"{label_of(job.kind)}: another process holds this job, or it has ended")
    bar = _Bar(label_of(job.kind))
    try:
        with LongWork(claimed, on_progress=bar.draw) as work:
            kinds[claimed.kind].run(work)
            work.finish()
    except Cancelled:
        queue.end(claimed, LongJob.State.CANCELLED)
    except JobFailed as error:
        queue.end(claimed, LongJob.State.FAILED, failure=error.sentence)
        raise
    except BaseException:
        queue.give_back(claimed)
        raise
    finally:
        bar.close(claimed)
    claimed.refresh_from_db()
    return claimed


class _Bar:
    """One line that redraws itself on a terminal; a line per tenth of the work elsewhere."""

    def __init__(self, label: str) -> None:
        self._label, self._drawn, self._tenth = label, 0.0, -1

    def draw(self, job: LongJob) -> None:
        if not sys.stderr.isatty():
            self._say_tenth(job)
        elif time.monotonic() - self._drawn >= _REDRAW:
            self._drawn = time.monotonic()
            sys.stderr.write(f"\r\033[K{self._line(job)}")
            sys.stderr.flush()

    def close(self, job: LongJob) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{self._line(job)}\n")
            sys.stderr.flush()

    def _say_tenth(self, job: LongJob) -> None:
        tenth = (job.percent or 0) // 10
        if tenth != self._tenth:
            self._tenth = tenth
            sys.stderr.write(f"{self._line(job)}\n")

    def _line(self, job: LongJob) -> str:
        of = "" if job.total is None else f"/{job.total:,}"
        parts = [self._label, _drawn_bar(job.percent), f"{job.done:,}{of}"]
        if job.time_left is not None:
            parts.append(f"{int(job.time_left.total_seconds())} s left")
        return " ".join(part for part in (*parts, str(job.note)) if part)


def _drawn_bar(percent: int | None) -> str:
    if percent is None:
        return ""
    full = _WIDTH * percent // 100
    return f"[{'#' * full}{'.' * (_WIDTH - full)}] {percent:3d}%"
