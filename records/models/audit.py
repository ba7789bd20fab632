"""Who did what to which object."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from records.models.base import new_id


class AuditEvents(models.QuerySet["AuditEvent"]):
    """Facts, not a permission: whoever shows events decides whose they are."""

    def about(self, user: AbstractBaseUser) -> AuditEvents:
        """What was done to this person's account or personal data."""
        return self.filter(subject_id=user.pk)

    def by_actor(self, user: AbstractBaseUser) -> AuditEvents:
        return self.filter(actor_id=user.pk)

    def of(self, obj: models.Model) -> AuditEvents:
        return self.filter(object_type=obj._meta.label, object_id=obj.pk)  # noqa: SLF001 - documented as public


class AuditEvent(models.Model):
    """Append-only, written in the transaction of the change itself.

    A trigger of the database refuses UPDATE and DELETE of a row. It does not see TRUNCATE, which only the
    table's owner may do and which tests clean up with; a migration that has to change events says so with
    `ALTER TABLE records_auditevent DISABLE TRIGGER records_auditevent_append_only` and enables it again.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="audit_events"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    # Whose account or personal data it concerns: people see who has viewed and changed theirs.
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="audit_events_about"
    )
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80)
    object_id = models.UUIDField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    objects = AuditEvents.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["object_type", "object_id", "at"], name="audit_by_object"),
            models.Index(fields=["actor", "at"], name="audit_by_actor"),
            models.Index(fields=["subject", "at"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
