from __future__ import annotations

import os
import time
from pathlib import Path

from celery import shared_task


@shared_task(name="tests.sleep")
def sleep(seconds: float) -> None:
    Path(os.environ["SLEEP_MARK"]).touch()
    time.sleep(seconds)
