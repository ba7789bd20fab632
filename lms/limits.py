"""What is too large to be read at all."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# Room for a 10 MB notebook and the form around it.
MAX_BODY = 12 * 2**20
_CHUNK = 2**16


def body_limit(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer a body that is too large with a sentence, before anything parses or stores it.

    The body is read and thrown away first: a browser shows no answer to a request it could not finish.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) <= MAX_BODY:
            return get_response(request)
        while request.read(_CHUNK):
            pass
        return render(request, "413.html", status=413)

    return middleware
