"""Every request is answered in the language and by the clock of who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import check_for_language, get_language
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_POST
from django.views.i18n import set_language as keep_in_cookie

from people.languages import as_read_by
from people.models import User
from people.services.preferences import choose_language


def language_and_zone(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, after the one that knows the user: activates what the person reads, for this request alone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with as_read_by(_user(request), asked=_asked(request)):
            response = get_response(request)
            patch_vary_headers(response, ("Accept-Language",))
            response.headers.setdefault("Content-Language", get_language() or settings.LANGUAGE_CODE)
        return response

    return middleware


def browser_language(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, before anything that can refuse: what is refused unread is refused in the browser's language."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with as_read_by(None, asked=_asked(request)):
            return get_response(request)

    return middleware


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """The switch in every page's frame: kept in a cookie for this browser, and with the account for every other."""
    code, user = request.POST.get("language", ""), _user(request)
    if user is not None and code in dict(settings.LANGUAGES) and check_for_language(code):
        choose_language(user, code)
    return keep_in_cookie(request)


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _asked(request: HttpRequest) -> Iterator[str]:
    yield request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    yield from (
        code for code, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    )
