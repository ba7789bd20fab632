"""What people choose for themselves. It concerns nobody else, so no audit event is written."""

from __future__ import annotations

from people.models import User


def choose_language(user: User, language: str) -> None:
    """`language`: a code of LANGUAGES; empty: as the browser asks."""
    user.language = language
    user.save(update_fields=["language"])
