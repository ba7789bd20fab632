"""Hints to workers: "there is work". One may be lost or come twice; the row in the database decides."""

from __future__ import annotations

from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError
from redis import RedisError


def hint(task: str, queue: str, *arguments: str) -> None:
    """Tell workers that there is work. May be lost: the row says so again through the dispatcher."""
    try:
        current_app.send_task(task, args=arguments, queue=queue, ignore_result=True)
    except (OperationalError, OSError):
        return


def hints_in_broker(queue: str) -> int:
    """How many messages wait in a queue; 1 when the broker does not say: there is no use in more then."""
    try:
        with current_app.connection_for_write() as broker:
            channel: Any = broker.default_channel
            return int(channel.queue_declare(queue, auto_delete=False).message_count)
    except (OperationalError, OSError, RedisError):
        return 1
