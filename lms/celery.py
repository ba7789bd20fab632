"""Celery carries hints only. A hint may be lost or come twice: the row in the database decides."""

from __future__ import annotations

import os
import threading
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_ready, worker_shutting_down
from django.conf import settings

from records import stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

# A broker that hangs holds a page for this long; a worker's blocking pop alone takes a second.
_PUBLISHER_TIMEOUT, _WORKER_TIMEOUT = 1, 5
# Told to stop, a worker gives its claims back; what has not ended by then is left to its lease.
_STOP_SECONDS = 3.5


def broker_url(url: str) -> str:
    """Kombu's spelling of a unix socket."""
    return url.replace("unix://", "redis+socket://", 1) if url.startswith("unix://") else url


def transport_options(socket_timeout: int) -> dict[str, Any]:
    return {
        "visibility_timeout": 3600,
        # With the broker down a publish fails at once; the dispatcher hints again.
        "max_retries": 0,
        "socket_connect_timeout": 1,
        "socket_timeout": socket_timeout,
    }


app = Celery("lms")
app.conf.update(
    broker_url=broker_url(settings.REDIS_URL),
    broker_transport_options=transport_options(_PUBLISHER_TIMEOUT),
    broker_connection_retry_on_startup=True,
    broker_connection_retry=True,
    broker_connection_max_retries=None,
    broker_pool_limit=4,
    result_backend=None,
    task_ignore_result=True,
    task_publish_retry=False,
    task_default_queue="default",
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_soft_shutdown_timeout=0,
)
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**_: Any) -> None:
    """With a receiver here Celery leaves logging to Django's settings."""


@worker_init.connect
def be_patient(**_: Any) -> None:
    app.conf.broker_transport_options = transport_options(_WORKER_TIMEOUT)


@worker_ready.connect
def say_ready(**_: Any) -> None:
    if {"cpu", "gpu"} & set(app.amqp.queues.consume_from):
        from grading import warming  # models, which need a configured Django

        warming.start()
    stopping.say_ready()


@worker_shutting_down.connect
def stop_jobs(**_: Any) -> None:
    stopping.request()
    last_resort = threading.Timer(_STOP_SECONDS, os._exit, [0])
    last_resort.daemon = True
    last_resort.start()
