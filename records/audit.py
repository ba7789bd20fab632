"""The one way to write an `AuditEvent`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import models, transaction

from records.models import AuditEvent


def audit(
    action: str,
    obj: models.Model,
    *,
    by: AbstractBaseUser | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    about: AbstractBaseUser | None = None,
    on_behalf_of: AbstractBaseUser | None = None,
) -> AuditEvent:
    """Record that `by` (None: the system itself) did `action` to `obj`, `about` whose personal data it was.

    Raises RuntimeError outside a transaction: an event must not outlive a change that is rolled back.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"audit({action!r}) outside a transaction")
    return AuditEvent.objects.create(
        actor_id=by.pk if by else None,
        on_behalf_of_id=on_behalf_of.pk if on_behalf_of else None,
        subject_id=about.pk if about else None,
        action=action,
        object_type=obj._meta.label,  # noqa: SLF001 - Django documents _meta as public
        object_id=obj.pk,
        before=dict(before or {}),
        after=dict(after or {}),
    )
