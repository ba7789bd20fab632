"""What every page's frame shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from courses.models import CourseRun
from people.models import User
from records.text import TranslatedText


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the site's name, the person at the keyboard, and whether they teach."""
    user = getattr(request, "user", None)
    known = user if isinstance(user, User) else None
    person = getattr(known, "person", None)
    return {
        "site_name": TranslatedText(settings.SITE_NAME),
        "person": person,
        "account_initials": person.initials if person else str(known or "")[:2],
        "teaches": known is not None and CourseRun.objects.taught_by(known).exists(),
    }
