"""What django-allauth asks of a site: who may log in, what it says, where it leads, how it keeps secrets."""

from __future__ import annotations

import base64
import ipaddress
import secrets
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from people import throttle
from people.models import User
from people.signin.mails import tell_of_change
from records import live
from records.text import TranslatedText

FRESH_SECONDS = 10 * 60
_TOLD = {
    "mfa/messages/totp_activated.txt": _("The authenticator app is connected."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app is disconnected."),
    "mfa/messages/webauthn_added.txt": _("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
    "mfa/messages/recovery_codes_generated.txt": _(
        "There are new recovery codes. The old ones are worth nothing."
    ),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # untyped library
    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": _("Too many tries. Try again in five minutes."),
        "rate_limited": _("Too many tries. Try again in five minutes."),
        "incorrect_password": _("The password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user = authenticate(request, **credentials)
        if not isinstance(user, User):
            return None
        throttle.succeeded(user.username)
        return user

    def reauthenticate(self, user: User, password: str) -> bool:
        return self.authenticate(context.request, username=user.username, password=password) == user

    def logout(self, request: HttpRequest) -> None:
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            live.end_streams(user.pk)

    def get_client_ip(self, request: HttpRequest) -> str:
        return throttle.client_address(request)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        messages.error(request, gettext("This account is closed. Ask your training administrator."))
        return HttpResponseRedirect(reverse("login"))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not within ten minutes of the login itself."""
        request = context.request
        records = get_authentication_records(request, request.user)
        return not any(time.time() - record["at"] < FRESH_SECONDS for record in records)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        tell_of_change(user, template_prefix.rpartition("/")[2])

    def add_message(  # noqa: PLR0917 - the library's signature
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        text = message or _TOLD.get(message_template or "")
        if text:
            messages.add_message(request, level, str(text))


def may_use_passkeys(request: HttpRequest) -> bool:
    """Browsers tie a passkey to a name; an address like 127.0.0.1 is none."""
    try:
        ipaddress.ip_address(request.get_host().partition(":")[0].strip("[]"))
    except ValueError:
        return True
    return False


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # untyped library
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code is not right. Codes of the app change every 30 seconds."),
    }

    def get_totp_issuer(self) -> str:
        return self._get_site_name()

    def _get_site_name(self) -> str:
        return str(TranslatedText(settings.SITE_NAME))

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 - the library's name
        return gettext("Passkey")

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # Made under another SECRET_KEY. Never a fixed word: codes that follow from it would be right.
            return base64.b32encode(secrets.token_bytes(20)).decode()


def _cipher() -> Fernet:
    """Whoever reads the database alone learns no second factor."""
    key = HKDF(SHA256(), 32, None, b"people.signin second factor").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
