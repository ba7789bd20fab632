"""The faults that the site must survive. `make chaos` wants a test for each."""

from __future__ import annotations

FAULTS = (
    "the process that sandboxes come from is killed",
    "the daemon of sandboxes is killed in the middle of a job",
    "an exercise uses more memory than it may",
    "an endless loop, a fork bomb, a flood of output",
    "a notebook of 100 MB",
    "JSON that is nested 100,000 deep",
    "a check that returns NaN, too much or another's points",
)
