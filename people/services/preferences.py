"""What people choose for themselves. It concerns nobody else, so no audit event is written."""

from __future__ import annotations

from people.models import User


def choose_language(user: User, language: str) -> None:
    """`language`: a code of LANGUAGES; empty: as the browser asks."""
    user.language = language
    user.save(update_fields=["language"])


def set_preferences(user: User, *, language: str, time_zone: str) -> None:
    """As `choose_language`; `time_zone`: one of `time_zones()`; empty: as the affiliate has it."""
    user.language, user.time_zone = language, time_zone
    user.save(update_fields=["language", "time_zone", "updated_at"])
