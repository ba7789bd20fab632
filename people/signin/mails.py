"""The mails of an account, each in its owner's language."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.languages import as_read_by
from people.models import User
from records.text import TranslatedText

logger = logging.getLogger(__name__)

_CHANGES = {
    "totp_activated": gettext_lazy("An authenticator app was connected to your account."),
    "totp_deactivated": gettext_lazy("The authenticator app was disconnected from your account."),
    "webauthn_added": gettext_lazy("A passkey was added to your account."),
    "webauthn_removed": gettext_lazy("A passkey was removed from your account."),
    "recovery_codes_generated": gettext_lazy("New recovery codes were made for your account."),
    "password_changed": gettext_lazy("The password of your account was changed."),
}


def send_reset(user: User) -> None:
    """A link that sets a password: good for three days, until it was used, or until the next login."""
    key = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("reset-password", args=[key, default_token_generator.make_token(user)])
    with as_read_by(user):
        _send(user, _("Set your password"), "people/mail/reset.txt", url=settings.SITE_URL + path)


def tell_of_change(user: User, change: str) -> None:
    """So that the owner learns of a change that somebody else may have made."""
    if change not in _CHANGES:
        return
    with as_read_by(user):
        url = settings.SITE_URL + reverse("people:account")
        _send(
            user, _("Your account was changed"), "people/mail/changed.txt", change=_CHANGES[change], url=url
        )


def _send(user: User, subject: str, template: str, **words: object) -> None:
    if not user.email:
        return
    site = str(TranslatedText(settings.SITE_NAME))
    text = render_to_string(template, {"site_name": site, "name": getattr(user, "person", user), **words})
    try:
        send_mail(f"[{site}] {subject}", text.strip() + "\n", None, [user.email])
    except (OSError, SMTPException):
        # What the mail tells of has happened; and a page that fails here would tell who has an account.
        logger.exception("a mail to account %s was not sent: %s", user.pk, template)
