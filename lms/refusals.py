"""What a service refuses and no form has shown, or cannot know now: a sentence on a page of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# Services say so with the code of their ValidationError.
_TOO_MANY = "too_many"


class Refusals:
    """Middleware: a ValidationError that left its view is a 422, or a 429 when its code begins with "too_many".

    Without the broker nobody knows how often a second factor was tried: a 503, and nobody gets in by it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RedisError):
            logger.warning("the broker does not answer: %s", exception)
            return render(request, "503.html", status=503)
        if not isinstance(exception, ValidationError):
            return None
        status = 429 if _code(exception).startswith(_TOO_MANY) else 422
        return render(request, f"{status}.html", {"sentences": exception.messages}, status=status)


def _code(error: ValidationError) -> str:
    return str(getattr(error, "code", "") or "")
