"""The one dispatcher: runs what apps registered as periodic, under a lease on the database's own clock."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from records import periodic, stopping

logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
# One statement decides; two dispatchers that ask at once are put in order by the row's lock.
_TAKE = """
INSERT INTO records_dispatcherlease (name, holder, until)
VALUES (%(name)s, %(holder)s, now() + make_interval(secs => %(seconds)s))
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE records_dispatcherlease.holder = excluded.holder OR records_dispatcherlease.until < now()
"""
_LEAVE = "UPDATE records_dispatcherlease SET until = now() WHERE name = %(name)s AND holder = %(holder)s"


class Lease:
    """A name that one holder has at a time. Calls raise DatabaseError while there is no database."""

    def __init__(self, name: str = "dispatcher", *, seconds: float = 10) -> None:
        self.name, self.seconds = name, seconds
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"

    def take(self) -> bool:
        """Take or renew; False while somebody else has it."""
        return self._execute(_TAKE) == 1

    def leave(self) -> None:
        self._execute(_LEAVE)

    def _execute(self, statement: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                statement, {"name": self.name, "holder": self.holder, "seconds": float(self.seconds)}
            )
            rows: int = cursor.rowcount
            return rows


class Dispatcher:
    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.is_leading = False
        self._ended = threading.Event()
        self._apart: dict[str, threading.Thread] = {}

    def run(self) -> None:
        """Until this process is asked to end."""
        renewer = threading.Thread(target=self._renew, name="lease", daemon=True)
        renewer.start()
        try:
            while not stopping.requested():
                self._safe_turn()
                stopping.say_ready()
                stopping.wait(TICK_SECONDS)
        finally:
            self._ended.set()
            renewer.join(timeout=2)
            if self.is_leading:
                self._leave()

    def turn(self) -> None:
        """Every job that is due, if this is the dispatcher. A job that fails leaves the others alone."""
        close_old_connections()
        leads = self.lease.take()
        if leads != self.is_leading:
            self.is_leading = leads
            logger.info("this is the dispatcher now" if leads else "somebody else is the dispatcher")
        if not leads:
            return
        for job in periodic.due():
            # A job may have taken long; whoever lost the lease meanwhile stops here.
            if stopping.requested() or not self.lease.take():
                return
            if job.apart:
                self._run_apart(job)
            else:
                self._run_job(job)

    def _run_apart(self, job: periodic.PeriodicJob) -> None:
        """In a thread that is left behind when the process ends: its open transaction is rolled back then."""
        running = self._apart.get(job.name)
        if running is None or not running.is_alive():
            thread = threading.Thread(target=self._run_and_part, args=(job,), name=job.name, daemon=True)
            self._apart[job.name] = thread
            thread.start()

    @classmethod
    def _run_and_part(cls, job: periodic.PeriodicJob) -> None:
        try:
            cls._run_job(job)
        finally:
            connection.close()

    def _safe_turn(self) -> None:
        try:
            self.turn()
        except DatabaseError as error:
            logger.warning("waiting for the database: %s", str(error).strip())
            self.is_leading = False
            connection.close()

    @staticmethod
    def _run_job(job: periodic.PeriodicJob) -> None:
        began = time.monotonic()
        try:
            job.run()
        except Exception:
            logger.exception("periodic job %s failed", job.name)
            close_old_connections()
        else:
            logger.debug("periodic job %s took %.3f s", job.name, time.monotonic() - began)

    def _renew(self) -> None:
        """Holds the lease through jobs longer than it, on a connection of its own."""
        while not self._ended.wait(self.lease.seconds / 3):
            if not self.is_leading:
                continue
            try:
                self.lease.take()
            except DatabaseError:
                connection.close()
        connection.close()

    def _leave(self) -> None:
        try:
            self.lease.leave()
        except DatabaseError:
            logger.info("the lease runs out by itself")
