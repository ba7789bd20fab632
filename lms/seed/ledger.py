"""Collects rows of a story, each with its date, and writes them all at once."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from lms.seed.rows import insert, past_id
from people.models import User
from records.models import AuditEvent, Record

_R = TypeVar("_R", bound=Record)
DAYS = 365


class Ledger:
    """`dice` decides everything, `now` is the end of the story, `begin` a year before."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - the same story every time
        self.now = timezone.now()
        self.begin = self.now - datetime.timedelta(days=DAYS)
        self._rows: dict[type[models.Model], list[models.Model]] = {}

    def add(self, row: _R, at: datetime.datetime) -> _R:
        """A row that came into being at that moment."""
        row.id, row.created_at, row.updated_at = past_id(at, self.dice), at, at
        self._rows.setdefault(type(row), []).append(row)
        return row

    def add_plain(self, row: models.Model) -> None:
        """A row without a date."""
        self._rows.setdefault(type(row), []).append(row)

    def audit(
        self,
        action: str,
        obj: models.Model,
        *,
        at: datetime.datetime,
        by: User | None,
        about: User | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """What `records.audit.audit` would have written then."""
        event = AuditEvent(
            id=past_id(at, self.dice),
            at=at,
            actor=by,
            subject=about,
            action=action,
            object_type=obj._meta.label,  # noqa: SLF001 - documented as public
            object_id=obj.pk,
            before=dict(before or {}),
            after=dict(after or {}),
        )
        self._rows.setdefault(AuditEvent, []).append(event)

    def hour(self, day: datetime.date) -> datetime.datetime:
        """A moment of that day when people in Korea work, never later than now."""
        clock = datetime.time(self.dice.randint(9, 17), self.dice.randint(0, 59), self.dice.randint(0, 59))
        moment = datetime.datetime.combine(day, clock, tzinfo=timezone.get_default_timezone())
        return min(moment, self.now - datetime.timedelta(seconds=self.dice.randint(60, 3600)))

    def ago(self, days: float) -> datetime.datetime:
        return self.now - datetime.timedelta(days=days)

    def write(self) -> dict[str, int]:
        """Write what was collected, in the order in which the models first came; how many of each."""
        counts = {}
        for model, rows in self._rows.items():
            insert(rows)
            counts[model.__name__] = len(rows)
        self._rows.clear()
        return counts
