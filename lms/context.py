"""What every page's frame shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from courses.models import CourseRun
from records.text import TranslatedText


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the site's name, the person at the keyboard, and whether they teach."""
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    return {
        "site_name": TranslatedText(settings.SITE_NAME),
        "person": getattr(user, "person", None),
        "teaches": known and CourseRun.objects.taught_by(user).exists(),
    }
