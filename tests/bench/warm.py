"""What a sandbox costs, warm and cold: seconds for a small notebook, and memory."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sandbox
from sandbox import Job, warm
from tests.bench.figures import Figure

REPEATS = 21
SMALL = (
    "import numpy as np",
    "def mean(values):\n    return sum(values) / len(values)",
    "data = np.arange(10)\nmean(data)",
    "assert mean([1, 2, 3]) == 2",
    "print('done')",
)
# What the forked process has written to, and so has for itself alone.
OWN = (
    "print(sum(int(line.split()[1]) for line in open('/proc/self/smaps_rollup')"
    " if line.startswith(('Private_Dirty:', 'Private_Clean:'))))"
)


def measure() -> list[Figure]:
    environment = str(sandbox.find("base").path)
    cold = _seconds(environment)
    with _daemon():
        warm.prepare(environment, wait=60)
        ready = warm.state()["zygotes"][0]
        fork = _seconds(environment)
        own = sandbox.run(Job(environment, (*SMALL, OWN)))
    alone = int(own.cells[-1].outputs[0]["text"]) / 1024
    return [
        Figure("a small notebook, warm, start to done", 1000 * statistics.median(fork), "ms", "≤ 40 ms"),
        Figure("· the slowest twentieth", 1000 * sorted(fork)[-2], "ms"),
        Figure("the same notebook, cold", 1000 * statistics.median(cold), "ms"),
        Figure("until a process stands ready", ready["seconds"], "s"),
        Figure("memory of a process that stands ready (Pss)", ready["memory_bytes"] / 2**20, "MB"),
        Figure("memory that a job has for itself alone", alone, "MB"),
    ]


def _seconds(environment: str) -> list[float]:
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        result = sandbox.run(Job(environment, SMALL))
        taken.append(time.perf_counter() - began)
        if [cell.status for cell in result.cells] != ["ok"] * len(SMALL):
            raise RuntimeError(result.to_json())
    return taken


@contextlib.contextmanager
def _daemon() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="maru-bench-") as folder:
        path = Path(folder, "socket")
        words = [sys.executable, "-m", "sandbox", "serve", "--socket", str(path)]
        with subprocess.Popen(words) as daemon:
            os.environ[warm.VARIABLE] = str(path)
            while not path.exists() and daemon.poll() is None:
                time.sleep(0.02)
            try:
                yield
            finally:
                del os.environ[warm.VARIABLE]
                daemon.terminate()
