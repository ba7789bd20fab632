"""Looking at what others did is itself on record."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from people.models import User
from records.audit import audit
from records.models import AuditEvent


@transaction.atomic
def record_reading(viewer: User, *, filters: Mapping[str, str], about: User | None) -> bool:
    """Note that `viewer` read the audit log through `filters`; False where that is noted for today."""
    held = User.objects.select_for_update(of=("self",)).get(pk=viewer.pk)  # two pages at once: one note
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    earlier = AuditEvent.objects.filter(actor=held, action="audit.read", at__gte=today, after=dict(filters))
    if earlier.exists():
        return False
    audit("audit.read", held, by=held, about=about, after=filters)
    return True
