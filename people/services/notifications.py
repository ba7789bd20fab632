"""Telling people something, once, in the site and by mail; and what they do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from people.models import Notification, Person, User
from people.notification_kinds import NotificationKind, kind_named, known_kinds
from people.notification_mail import send_mail
from records.audit import audit
from records.mail import folder
from records.text import TranslatedText


@transaction.atomic
def notify(
    person: Person,
    *,
    kind: str,
    key: str,
    text: Callable[[], str] | Any,
    url: str = "",
    mail: bool = True,
) -> Notification | None:
    """Tell `person`, in the caller's transaction; None where somebody told it under this `key` before.

    `text` is a lazy string, or a callable that is asked once for every language of the site. `url` is a path of
    this site. `mail` False: in the site only, whatever the kind and the person say.
    Raises KeyError for a kind that no app registered.
    """
    found = kind_named(kind)
    notification = Notification(person=person, kind=kind, key=key, text=_in_every_language(text), url=url)
    notification.is_mailed = mail and is_mailed(person, found)
    # Whoever tells the same at this very moment waits here for the other's end; no exception, no savepoint.
    Notification.objects.bulk_create([notification], ignore_conflicts=True)
    if not Notification.objects.filter(pk=notification.pk).exists():
        return None
    if notification.is_mailed:
        send_mail(notification, found)
    return notification


def is_mailed(person: Person, kind: NotificationKind) -> bool:
    """Whether this kind comes to the person by mail: an open account, an address, and nothing chosen against it."""
    user = person.user
    if not (user.is_active and user.email):
        return False
    if user.is_demo and not folder.is_used():  # the addresses of the sample group lead nowhere
        return False
    return kind.always_mailed or person.mail_choices.get(kind.name, kind.mailed)


def _in_every_language(text: Callable[[], str] | Any) -> TranslatedText:
    said = TranslatedText()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            said[code] = str(text() if callable(text) else text)
    return said


def mark_read(notification: Notification) -> None:
    Notification.objects.filter(pk=notification.pk).unread().update(read_at=timezone.now())


def mark_all_read(user: User) -> int:
    """How many were unread."""
    return Notification.objects.visible_to(user).unread().update(read_at=timezone.now())


def mark_seen(user: User, url: str) -> None:
    """Whoever looks at what a notification leads to needs no bell for it any more."""
    Notification.objects.visible_to(user).unread().filter(url=url).update(read_at=timezone.now())


@transaction.atomic
def choose_mail(person: Person, *, choices: Mapping[str, bool], by: User) -> None:
    """Keep which kinds come by mail; kinds that `choices` does not name stay as they were."""
    kept = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    free = {kind.name for kind in known_kinds() if not kind.always_mailed}
    before = kept.mail_choices
    kept.mail_choices = before | {name: bool(wanted) for name, wanted in choices.items() if name in free}
    kept.save(update_fields=["mail_choices", "updated_at"])
    audit("person.choose_mail", kept, by=by, about=kept.user, before=before, after=kept.mail_choices)
