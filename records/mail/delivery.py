"""The dispatcher's turn: due mails go to the server one by one, each in a transaction that holds its row."""

from __future__ import annotations

import datetime
import logging
import smtplib
import time
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Func, Value
from django.db.models.functions import Least, Now, Power
from django.utils import timezone

from records import stopping
from records.audit import audit
from records.models import OutgoingMail

logger = logging.getLogger(__name__)

EVERY = 1.0
# A turn ends after so many seconds, whatever is left: the next one begins with a fresh connection.
TURN_SECONDS = 20.0
FIRST_PAUSE, LONGEST_PAUSE = 60, 3600

State = OutgoingMail.State


class StoredMail(EmailMessage):
    """A row as Django's backends want it; `message()` gives the stored bytes, the same at every try."""

    def __init__(self, mail: OutgoingMail) -> None:
        super().__init__(from_email=mail.sender, to=[mail.to])
        self.mail = mail

    def message(self, **_: Any) -> Any:
        return _Bytes(bytes(self.mail.message))


class _Bytes:
    def __init__(self, stored: bytes) -> None:
        self._stored = stored

    def as_bytes(self, linesep: str = "\r\n") -> bytes:
        return self._stored


def deliver() -> None:
    """Send what is due until nothing is, the turn is over, or the server is away."""
    if OutgoingMail.objects.due().exists():
        server: BaseEmailBackend = get_connection(settings.MAIL_DELIVERY)
        try:
            server.open()
            _send_all(server)
        except (OSError, smtplib.SMTPException) as error:  # it could not even be spoken to
            _put_off_all(error)
        finally:
            _close(server)
    _give_up()


def _send_all(server: BaseEmailBackend) -> None:
    """Raises OSError when the server goes away in the middle; what was sent until then stays sent."""
    end = time.monotonic() + TURN_SECONDS
    is_first = True
    while time.monotonic() < end and not stopping.requested():
        was_sent = _send_next(server)
        if was_sent is None:
            return
        if was_sent and is_first:
            is_first = False
            OutgoingMail.objects.filter(state=State.QUEUED, server_away=True).update(
                due_at=Now(), server_away=False
            )


@transaction.atomic
def _send_next(server: BaseEmailBackend) -> bool | None:
    """Whether the next mail got through; None when there is none. The lock keeps every other sender off it."""
    mail = OutgoingMail.objects.due().select_for_update(skip_locked=True).order_by("due_at").first()
    if mail is None:
        return None
    try:
        server.send_messages([StoredMail(mail)])
    except (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError):
        raise  # the server's trouble, not this mail's
    except Exception as error:  # noqa: BLE001 - one mail that nobody can send keeps no other from being sent
        _put_off(mail, error)
        return False
    mail.state, mail.sent_at, mail.message = State.SENT, timezone.now(), b""
    mail.tries, mail.last_error, mail.server_away = mail.tries + 1, "", False
    mail.save(
        update_fields=["state", "sent_at", "message", "tries", "last_error", "server_away", "updated_at"]
    )
    return True


def _put_off(mail: OutgoingMail, error: Exception) -> None:
    logger.warning("mail %s was refused: %s", mail.pk, _words(error))
    pause = min(FIRST_PAUSE * 2 ** min(mail.tries, 10), LONGEST_PAUSE)
    mail.tries, mail.last_error = mail.tries + 1, _words(error)
    mail.due_at = timezone.now() + datetime.timedelta(seconds=pause)
    mail.save(update_fields=["tries", "last_error", "due_at", "updated_at"])


def _put_off_all(error: Exception) -> None:
    """The server is away: all that is due waits, each by its own tries, and comes back with the first success."""
    seconds = Least(
        Value(float(LONGEST_PAUSE)), FIRST_PAUSE * Power(Value(2.0), Least(F("tries"), Value(10)))
    )
    pause = Func(seconds, function="make_interval", template="%(function)s(secs => %(expressions)s)")
    count = OutgoingMail.objects.due().update(
        tries=F("tries") + 1,
        due_at=Now() + pause,
        last_error=_words(error),
        server_away=True,
        updated_at=Now(),
    )
    logger.warning("the mail server is away, %d mails wait: %s", count, _words(error))


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:500]


@transaction.atomic
def _give_up() -> None:
    """After three days of trying a mail has failed: loudly, and kept for a retry by hand."""
    overdue = OutgoingMail.objects.filter(state=State.QUEUED, give_up_at__lt=Now(), tries__gt=0)
    for mail in overdue.select_for_update(skip_locked=True)[:100]:
        logger.error("mail %s was given up after %d tries: %s", mail.pk, mail.tries, mail.last_error)
        mail.state = State.FAILED
        mail.save(update_fields=["state", "updated_at"])
        audit("mail.fail", mail, by=None, after={"tries": mail.tries, "error": mail.last_error})


def _close(server: BaseEmailBackend) -> None:
    try:
        server.close()
    except (OSError, smtplib.SMTPException) as error:
        logger.info("the mail server did not say goodbye: %s", error)
