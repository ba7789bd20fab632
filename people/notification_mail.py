"""The mail beside a notification: plain text in the reader's language."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from people.languages import as_read_by
from people.models import Notification
from people.notification_kinds import NotificationKind
from records.text import TranslatedText


def send_mail(notification: Notification, kind: NotificationKind) -> None:
    """Hand the mail to the outbox, in the caller's transaction.

    The subject says what it is about and no more: subjects are shown on locked screens.
    """
    person = notification.person
    with as_read_by(person.user):
        site = str(TranslatedText(settings.SITE_NAME))
        subject = _("%(kind)s · %(site)s") % {"kind": kind.label, "site": site}
        context = {
            "name": str(person),
            "site": site,
            "text": str(notification.text),
            "kind": kind,
            "link": settings.SITE_URL + notification.url if notification.url else "",
            "settings_link": settings.SITE_URL + reverse("people:notifications") + "#mail",
        }
        body = render_to_string("people/notification_mail.txt", context)
        headers = {"Auto-Submitted": "auto-generated"}  # RFC 3834: no out-of-office answers, please
        EmailMessage(subject, body, to=[person.user.email], headers=headers).send()
