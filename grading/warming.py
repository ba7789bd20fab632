"""Beside a worker: has sandboxes stand ready for what is queued or open, and tells operators of this host's."""

from __future__ import annotations

import logging
import socket
import threading

from django.db import DatabaseError, close_old_connections

from grading.models import GradingJob
from records import hosts, stopping
from sandbox import SandboxFault, environments, warm

logger = logging.getLogger(__name__)
# So many kinds of exercises are looked at in a turn.
_MOST_KINDS = 8
_FIELDS = ("environment", "environment_digest", "simulator")


def start() -> None:
    threading.Thread(target=_watch, name="warming", daemon=True).start()


def turn() -> None:
    """What is queued, or open in somebody's browser, stands ready soon; what this host has is told."""
    for name, digest, simulator in {*queued_kinds(), *hosts.wanted()}:
        try:
            environment = environments.find(name, digest)
        except SandboxFault:
            continue  # its jobs say so themselves
        warm.prepare(str(environment.path), simulator=simulator)
    hosts.report(socket.gethostname(), warm.state())


def queued_kinds() -> list[hosts.Kind]:
    """What queued jobs want."""
    queued = GradingJob.objects.filter(state=GradingJob.State.QUEUED)
    kinds = queued.values_list(*(f"submission__exercise__{name}" for name in _FIELDS))
    return [hosts.Kind(*kind) for kind in kinds.order_by().distinct()[:_MOST_KINDS]]


def _watch() -> None:
    while True:
        close_old_connections()
        try:
            turn()
        except DatabaseError as error:
            logger.info("what is queued is not known: %s", error)
        close_old_connections()
        if stopping.wait(hosts.EVERY_SECONDS):
            return
