"""What no browser sends, but what would make a page fail."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_SESSION_KEY = re.compile(r"[a-z0-9]{32}")
_UTF8 = re.compile(rb';\s*charset\s*=\s*(utf-?8|"utf-?8")\s*(?=;|$)')


def is_readable(content_type: bytes) -> bool:
    """Whether a Content-Type names no charset but UTF-8, and has none of RFC 2231's encoded parameters.

    Python's `hex` and `rot13` are charsets too, by name, and Django uses them while it makes the request: no
    middleware could catch that.
    """
    rest = _UTF8.sub(b"", content_type.lower())
    return b"charset" not in rest and b"*" not in rest


def odd_sessions(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a session cookie that we never gave is none.

    A quoted cookie may hold any character, NUL too, which PostgreSQL refuses.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if not _SESSION_KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        return get_response(request)

    return middleware
