"""A login that ended while somebody was typing: the way back leads to the page they were on."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: after a POST, or a request of htmx, the login page leads back to the page, not to its parts.

    A form's address often answers a POST only, and a fragment is no page; htmx would put the whole login page
    in a fragment's place.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_fragment = request.headers.get("HX-Request") == "true"
        if not _asks_to_log_in(response) or (request.method in {"GET", "HEAD"} and not is_fragment):
            return response
        address = f"{settings.LOGIN_URL}?{urlencode({'next': _page(request)})}"
        if is_fragment:
            return HttpResponse(status=200, headers={"HX-Redirect": address})
        response.headers["Location"] = address
        return response

    return middleware


def _asks_to_log_in(response: HttpResponse) -> bool:
    target = urlsplit(response.headers.get("Location", ""))
    return target.path == settings.LOGIN_URL and "next" in parse_qs(target.query)


def _page(request: HttpRequest) -> str:
    """The address of the page that the request came from; home when the browser does not tell."""
    came_from = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}):
        return "/"
    page = urlsplit(came_from)
    return page.path + (f"?{page.query}" if page.query else "")
