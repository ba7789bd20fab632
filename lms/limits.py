"""What is too large to be read at all, and what no longer fits on the disk."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults
from psycopg import errors

# Room for a 10 MB notebook and the form around it.
MAX_BODY = 12 * 2**20
# How much of a refused body is still read, and how long: nobody had to log in to send it.
DRAIN_BYTES, DRAIN_SECONDS = 64 * 2**20, 20.0
# Small, since a slow client is noticed only between two reads.
_CHUNK = 2**12
_FULL = {errno.ENOSPC, errno.EDQUOT}


def body_limit(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer a body that is too large with a sentence, before anything parses or stores it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) <= MAX_BODY:
            return get_response(request)
        _drain(request)
        return render(request, "413.html", status=413)

    return middleware


def server_error(request: HttpRequest) -> HttpResponse:
    """The site's `handler500`: a full disk gets its own page and 507, wherever in the request it was met.

    Uploads go to disk while they are parsed, which a middleware does before any view can catch it.
    """
    if not any(map(_says_full, _chain(sys.exc_info()[1]))):
        return defaults.server_error(request)
    _drain(request)
    # Without a request: what a page's frame asks of the database may not be had now.
    return HttpResponse(render_to_string("507.html"), status=507)


def _drain(request: HttpRequest) -> None:
    """Throw away what is left of the body: a browser shows no answer to a request it could not finish.

    Whoever sends more than the bounds gets the answer anyway; the server then closes the connection.
    """
    until, left = time.monotonic() + DRAIN_SECONDS, DRAIN_BYTES
    try:
        while left > 0 and time.monotonic() < until and (chunk := request.read(_CHUNK)):
            left -= len(chunk)
    except UnreadablePostError:  # the client is gone: nobody waits for the answer
        return


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _says_full(error: BaseException) -> bool:
    return isinstance(error, errors.DiskFull) or (isinstance(error, OSError) and error.errno in _FULL)
