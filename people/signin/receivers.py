"""What follows when a second factor is there."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from people.models import User
from people.services.accounts import end_sessions


@receiver(authenticator_added)
def end_sessions_without_it(request: HttpRequest, user: User, **_others: Any) -> None:
    """With the first factor: what somebody opened by the password alone must not pass for as safe."""
    if Authenticator.objects.filter(user=user, type__in=["totp", "webauthn"]).count() == 1:
        with transaction.atomic():
            end_sessions(user, but=request.session.session_key or "")
