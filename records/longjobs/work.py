"""What `run` holds while it works, and what a worker does with a claimed job."""

from __future__ import annotations

import contextlib
import datetime
import io
import logging
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import IO, Any, Self

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.functional import Promise

from records import artifacts, stopping
from records.longjobs import leftovers, queue
from records.longjobs.registry import kinds
from records.models import LongJob
from records.text import in_every_language

logger = logging.getLogger(__name__)

# Seconds between two writes of progress; a checkpoint is always written.
WRITE_EVERY = 0.5
# A step may be silent for so long; then the lease is left to run out, as of a process that hangs.
PATIENCE = 15 * 60
# Told to stop, a step has so many seconds to end; the claim is given back then, and the process ends a second later.
STOP_PATIENCE = 2.5
KEEP_RESULTS = datetime.timedelta(days=7)

State = LongJob.State


class Cancelled(Exception):
    """Somebody asked for the end. What was done stays done."""


class LeaseLost(Exception):
    """The job belongs to somebody else now; whatever we would write is void."""


class Stopping(Exception):
    """This process was told to end; another one goes on from the checkpoint."""


class JobFailed(Exception):
    """Raised by `run` with a sentence for whoever asked: this cannot succeed, and trying again would not help."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class LongWork:
    """A running job. As a context manager it keeps the lease while steps are silent."""

    def __init__(self, job: LongJob, *, on_progress: Callable[[LongJob], None] = lambda _job: None) -> None:
        self.job, self._on_progress = job, on_progress
        self._told = self._renewed = time.monotonic()
        self._written = 0.0
        self._ended, self._lost = threading.Event(), threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="long-job-lease", daemon=True)

    @property
    def params(self) -> Mapping[str, Any]:
        params: Mapping[str, Any] = self.job.params
        return params

    @property
    def checkpoint(self) -> Any:
        """The last one stored, of this or an earlier attempt; None at the very beginning."""
        return self.job.checkpoint

    def progress(
        self,
        done: int,
        total: int | None,
        note: str | Promise | Mapping[str, str] = "",
        checkpoint: Any = None,
    ) -> None:
        """Say how far the work is, and learn whether to go on. Cheap: call it at every step.

        A `checkpoint` (JSON) is stored before this returns; inside a transaction of the caller it is stored with the
        step itself, and the transaction must be short: it holds up a cancellation. Raises Cancelled, Stopping or
        LeaseLost, which `run` lets through.
        """
        self._told = time.monotonic()
        self.job.done, self.job.total = done, total
        if note:
            self.job.note = in_every_language(note)
        if checkpoint is not None:
            self.job.checkpoint = checkpoint
        if self._lost.is_set():
            raise LeaseLost
        if checkpoint is not None or self._told - self._written >= WRITE_EVERY:
            self._write()
        self._on_progress(self.job)
        if stopping.requested():
            raise Stopping

    def _write(self) -> None:
        self._written = time.monotonic()
        job = self.job
        held = queue.held(job)
        written = held.update(
            done=job.done,
            total=job.total,
            note=job.note,
            checkpoint=job.checkpoint,
            updated_at=timezone.now(),
        )
        if not written:
            raise LeaseLost
        queue.announce(job, "progress")
        if held.filter(cancel_requested_at__isnull=False).exists():
            raise Cancelled

    def result(self, name: str, media_type: str, content: IO[bytes] | bytes) -> None:
        """Keep the file (seekable, of any size) that whoever may see the job can fetch for seven days."""
        job = self.job
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        # Of one attempt alone: a worker whose lease was lost must not overwrite the next one's file.
        stored = artifacts.store_file(file, key=leftovers.key_of(leftovers.RESULTS, job, job.attempts))
        earlier, job.result_key, job.result_sha256 = job.result_key, stored.key, stored.sha256
        job.result_name, job.result_media_type, job.result_bytes = name, media_type, stored.size
        job.expires_at = timezone.now() + KEEP_RESULTS
        fields = (
            "result_key",
            "result_sha256",
            "result_name",
            "result_media_type",
            "result_bytes",
            "expires_at",
        )
        if not queue.held(job).update(**{field: getattr(job, field) for field in fields}):
            artifacts.remove(stored.key)
            raise LeaseLost
        if earlier and earlier != stored.key:
            artifacts.remove(earlier)

    def finish(self) -> None:
        """Write what `progress` held back, and the end."""
        with contextlib.suppress(Cancelled):  # it came too late: everything is done
            self._write()
        if not queue.end(self.job, State.DONE):
            raise LeaseLost

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._keeper.join(timeout=5)

    def _keep(self) -> None:
        """In a thread of its own: renews the lease, and gives the claim back if a step outlasts the process."""
        try:
            while not self._ended.wait(min(settings.LEASE_RENEW, 0.5)):
                if stopping.requested():
                    if not self._ended.wait(STOP_PATIENCE):
                        self._lost.set()
                        queue.give_back(self.job)
                    return
                self._renew_if_due()
        except DatabaseError:
            logger.exception("long job %s: its claim is left to the lease", self.job.pk)
        finally:
            connection.close()

    def _renew_if_due(self) -> None:
        now = time.monotonic()
        if now - self._renewed < settings.LEASE_RENEW or now - self._told > PATIENCE:
            return
        try:
            if not queue.renew(self.job):
                self._lost.set()
            self._renewed = now
        except DatabaseError as error:
            logger.warning("long job %s: the lease could not be renewed: %s", self.job.pk, str(error).strip())
            connection.close()


def work_on(job: LongJob) -> None:
    """Do a claimed job. Every way out leaves it in a state of its own."""
    try:
        with LongWork(job) as work:
            kinds[job.kind].run(work)
            work.finish()
    except Cancelled:
        queue.end(job, State.CANCELLED)
    except Stopping:
        queue.give_back(job)
    except LeaseLost:
        logger.warning("long job %s: the lease was lost", job.pk)
    except JobFailed as error:
        queue.end(job, State.FAILED, failure=error.sentence)
    except (OperationalError, InterfaceError):
        raise  # nothing can be written now; the lease runs out and the dispatcher takes the job back
    except Exception as error:
        logger.exception("long job %s (%s): a fault of ours", job.pk, job.kind)
        job.refresh_from_db(fields=["lease_until"])
        queue.count_fault(job, fault=f"{type(error).__name__}: {error}"[:2000])
