"""Mails on their way out: rows first, so that a dead mail server loses none."""

from __future__ import annotations

import datetime
import email
import email.policy
from email.message import EmailMessage
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.models.base import Record

GIVE_UP = datetime.timedelta(days=3)


def three_days_on() -> datetime.datetime:
    return timezone.now() + GIVE_UP


class OutgoingMails(models.QuerySet["OutgoingMail"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> OutgoingMails:
        """Mails hold what opens accounts: with the permission only, never "one's own" by address."""
        if isinstance(user, PermissionsMixin) and user.has_perm("records.view_outgoingmail"):
            return self.all()
        return self.none()

    def due(self) -> OutgoingMails:
        return self.filter(state=OutgoingMail.State.QUEUED, due_at__lte=Now())

    def unsent(self) -> OutgoingMails:
        return self.exclude(state=OutgoingMail.State.SENT)


class OutgoingMail(Record):
    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    # The same key twice is the same mail; null is no key.
    unique_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    sender = models.CharField(max_length=320)
    # One address: a mail to several people is a row for each, so that one refusal is one failure.
    to = models.CharField(max_length=320)
    subject = models.CharField(max_length=998)
    # The whole mail as MIME, with its Message-ID; emptied once sent: it may hold what resets a password.
    message = models.BinaryField()
    language = models.CharField(max_length=10, default="", blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    give_up_at = models.DateTimeField(default=three_days_on)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(default="", blank=True)
    # The server was not to be reached at the last try: the mail is due as soon as another one gets through.
    server_away = models.BooleanField(default=False)

    objects = OutgoingMails.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(state="queued"), name="mails_due"),
            models.Index(fields=["-created_at", "-id"], name="mails_newest"),
            models.Index(
                fields=["-created_at", "-id"], condition=~models.Q(state="sent"), name="mails_unsent_newest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"

    @property
    def text(self) -> str:
        """The readable part; "" once it was sent."""
        return body_of(bytes(self.message), "plain")

    @property
    def html(self) -> str:
        return body_of(bytes(self.message), "html")


def body_of(message: bytes, kind: str) -> str:
    """The `plain` or `html` body of a mail in MIME; "" where there is none."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    body = parsed.get_body((kind,)) if isinstance(parsed, EmailMessage) else None
    return str(body.get_content()) if body is not None and message else ""
