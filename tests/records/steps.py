"""A kind of long work for tests: writes each step's number into a file, and sleeps.

`pause_at`: the step that lasts until the file `until` is there.
"""

from __future__ import annotations

import time
from pathlib import Path

from records import longjobs

KIND = "tests.steps"


def take_steps(work: longjobs.LongWork) -> None:
    first = work.checkpoint or 0
    total = work.params["steps"]
    for number in range(first, total):
        with Path(work.params["file"]).open("a", encoding="ascii") as file:
            file.write(f"{number}\n")
        time.sleep(work.params.get("seconds", 0))
        while number == work.params.get("pause_at") and not Path(work.params["until"]).exists():
            time.sleep(0.05)
        work.progress(number + 1, total, f"step {number}", checkpoint=number + 1)
    work.result("steps.csv", "text/csv", b"steps\n")


def hang(work: longjobs.LongWork) -> None:
    """One step that outlasts every patience."""
    Path(work.params["file"]).write_text("0\n", encoding="ascii")
    time.sleep(60)


longjobs.register(KIND, label="Taking steps", run=take_steps)
longjobs.register("tests.hang", label="Hanging", run=hang)
