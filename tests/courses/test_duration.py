"""Lengths of time always carry their units."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from courses.templatetags.duration import duration


@pytest.mark.parametrize(
    ("minutes", "shown"), [(0, "0 min"), (8, "8 min"), (60, "1 h"), (95, "1 h 35 min"), (1200, "20 h")]
)
def test_minutes_become_hours_and_minutes(minutes: int, shown: str) -> None:
    with override("en"):
        assert duration(minutes) == shown
