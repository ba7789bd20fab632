"""How long mails are kept once they are sent."""

from __future__ import annotations

import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from records import stopping
from records.models import OutgoingMail

EVERY = 3600.0
BATCH = 2000


def remove_old() -> None:
    """Periodic: what was sent, its row and its file in the folder, after MAIL_KEEP_DAYS.

    A mail with a key stays: the row is what keeps it from being sent a second time. One that was never sent stays, too.
    """
    before = timezone.now() - datetime.timedelta(days=settings.MAIL_KEEP_DAYS)
    sent = OutgoingMail.objects.filter(
        state=OutgoingMail.State.SENT, created_at__lt=before, sent_at__lt=before, unique_key=None
    )
    while not stopping.requested() and (
        batch := list(sent.order_by("created_at").values_list("pk", flat=True)[:BATCH])
    ):
        OutgoingMail.objects.filter(pk__in=batch).delete()
    folder = Path(settings.MAIL_FOLDER)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_file() and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
