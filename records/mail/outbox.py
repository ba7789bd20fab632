"""Storing mails. Nothing here speaks to a mail server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.utils import make_msgid, parseaddr
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language

from records.audit import audit
from records.models import OutgoingMail
from records.models.mail import three_days_on


class OutboxBackend(BaseEmailBackend):
    """Django's EMAIL_BACKEND: whatever Django or a library sends becomes rows in the caller's transaction."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        OutgoingMail.objects.bulk_create([row for message in email_messages for row in _rows(message)])
        return len(email_messages)


def queue_mail(to: str, *, subject: str, text: str, html: str = "", key: str | None = None) -> OutgoingMail:
    """Have a mail sent once this transaction commits. With `key` only once ever: the second call returns the first's.

    The text is in the active language, which the mail notes. Raises ValueError for a line break in a header.
    """
    message = EmailMultiAlternatives(subject, text, to=[to])
    if html:
        message.attach_alternative(html, "text/html")
    [row] = _rows(message)
    row.unique_key = key
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if key is None:
            raise
        return OutgoingMail.objects.get(unique_key=key)
    return row


def _rows(message: EmailMessage) -> Iterator[OutgoingMail]:
    """Made whole at once, so that each try sends the same bytes under the same Message-ID."""
    # Django would ask the DNS for this machine's name, in the request of whoever forgot a password.
    _name, sender = parseaddr(message.from_email)
    message.extra_headers.setdefault(
        "Message-ID", make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    )
    mime: Any = message.message()
    whole = mime.as_bytes(linesep="\r\n")
    for recipient in message.recipients():
        yield OutgoingMail(
            sender=message.from_email,
            to=recipient,
            subject=" ".join(str(message.subject).split())[:998],
            message=whole,
            language=get_language() or "",
        )


@transaction.atomic
def retry_mail(mail: OutgoingMail, *, by: AbstractBaseUser) -> bool:
    """Make an unsent mail due now, with three more days; False where it was sent meanwhile."""
    current = OutgoingMail.objects.select_for_update().get(pk=mail.pk)
    if current.state == OutgoingMail.State.SENT:
        return False
    before = current.state
    current.state, current.due_at, current.tries = OutgoingMail.State.QUEUED, timezone.now(), 0
    current.give_up_at = three_days_on()
    current.save(update_fields=["state", "due_at", "tries", "give_up_at", "updated_at"])
    audit("mail.retry", current, by=by, before={"state": before}, after={"state": current.state})
    return True
