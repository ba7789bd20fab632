"""Who must have a second factor, and the page that leads there."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from people.models import Role, User, user_of
from people.signin.adapters import may_use_passkeys


def must_have_factor(user: User) -> bool:
    """Whoever can change or see what belongs to many others; demo accounts only where others can reach the site."""
    if user.is_demo and settings.LOOPBACK:
        return False
    holds_role = getattr(user, "holds_role", None)
    if holds_role is None:
        holds_role = Role.objects.of(user).exists()
    return user.is_staff or user.is_superuser or holds_role


def has_factor(user: User) -> bool:
    known = getattr(user, "has_second_factor", None)
    if known is None:
        known = Authenticator.objects.filter(user=user, type__in=["totp", "webauthn"]).exists()
    return bool(known)


@login_required
@require_GET
def set_up(request: HttpRequest) -> HttpResponse:
    if has_factor(user_of(request)):
        return redirect("people:account")
    return render(request, "people/second_factor.html", {"may_use_passkeys": may_use_passkeys(request)})
