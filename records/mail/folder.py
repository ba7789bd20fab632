"""Where mails go while no mail server is set: files in a folder, one each."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

from records.models import OutgoingMail


class FolderBackend(BaseEmailBackend):
    """A delivery backend for stored mails only. A mail that is sent twice is one file."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        for message in email_messages:
            _write(path_of(message.mail), message.message().as_bytes())
        return len(email_messages)


def is_used() -> bool:
    """Whether mails end in the folder: the only case in which a page may show what they say."""
    return bool(f"{__name__}.{FolderBackend.__name__}" == settings.MAIL_DELIVERY)


def path_of(mail: OutgoingMail) -> Path:
    return Path(settings.MAIL_FOLDER) / f"{mail.created_at:%Y%m%dT%H%M%S}-{mail.pk}.eml"


def read(mail: OutgoingMail) -> bytes:
    """The mail as it was written; b"" where the folder does not have it."""
    try:
        return path_of(mail).read_bytes()
    except FileNotFoundError:
        return b""


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        dir=path.parent, delete=False
    ) as temporary:  # 0600: it may hold a secret
        temporary.write(data)
        temporary.flush()
        os.fsync(temporary.fileno())
        Path(temporary.name).replace(path)
