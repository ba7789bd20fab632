"""What the site tells a person: in the site, and by mail."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from people.models.accounts import User
from people.models.persons import Person
from records.models import Record
from records.text import TranslatedField


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> NotificationQuerySet:
        return self.filter(person__user=user)

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)


class Notification(Record):
    """Told once per key: whoever tells it again, after a crash for instance, tells nothing new."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    text = TranslatedField()
    # A path of this site, never another one's address; empty where there is nothing to open.
    url = models.CharField(max_length=300, blank=True)
    is_mailed = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(url="") | models.Q(url__regex=r"^/([^/\\]|$)"),
                name="notification_stays_in_the_site",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "-created_at", "-id"], name="notification_by_person"),
            models.Index(
                fields=["person"], name="notification_unread", condition=models.Q(read_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return str(self.text)
