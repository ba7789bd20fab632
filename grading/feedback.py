"""How much an exercise tells its learners about their results, before and after their run closes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from courses.models import CourseRun

# Each tells what the one before tells, and more: nothing, points per test, the author's hints, and what
# went in, what came out and what was expected.
NONE, POINTS, HINTS, ALL = LEVELS = ("none", "points", "hints", "all")


def level(policy: Mapping[str, Any], run: CourseRun) -> str:
    """What holds now for the learners of a run; a run without an end is never after it."""
    is_over = run.closes_at is not None and run.closes_at <= timezone.now()
    return str(policy.get("after" if is_over else "before", ALL))


def tells(level: str, what: str) -> bool:
    return LEVELS.index(level) >= LEVELS.index(what)
