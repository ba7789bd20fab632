"""What every page owes to who is logged in: when they were seen, and that a privileged account is safe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone

from people.models import User
from people.signin.factors import has_factor, must_have_factor
from people.throttle import client_address

SEEN_SECONDS = 10 * 60
# Machines have credentials of their own kind.
_FREE_PREFIXES = ("/api/", "/readyz", "/static/")
_FREE = {
    "account_login", "account_logout", "login", "logout", "set_language", "people:second-factor",
    "account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_activate_totp",
    "mfa_add_webauthn",
}  # fmt: skip


def note_seen(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: when a session was last seen, at most every ten minutes: a page view is no write."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if isinstance(request.user, User):
            _note_seen(request)
        return get_response(request)

    return middleware


def _note_seen(request: HttpRequest) -> None:
    key = request.session.session_key
    if AUTHENTICATION_METHODS_SESSION_KEY in request.session and caches["seen"].add(key, 1, SEEN_SECONDS):
        agent = request.headers.get("User-Agent", "")[:200].replace("\0", "")
        UserSession.objects.filter(session_key=key).update(
            last_seen_at=timezone.now(), ip=client_address(request), user_agent=agent
        )


class SecondFactor:
    """Middleware: a privileged account without a second factor can set one up, or log out, and nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if request.path.startswith(_FREE_PREFIXES) or (match and match.view_name in _FREE):
            return None
        user = request.user
        if not isinstance(user, User) or not must_have_factor(user) or has_factor(user):
            return None
        address = reverse("people:second-factor")
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(headers={"HX-Redirect": address})
        if match and match.view_name == "live-token":
            return JsonResponse({}, status=403)
        return HttpResponseRedirect(address)
