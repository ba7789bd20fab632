"""Who is the dispatcher."""

from __future__ import annotations

from django.db import models


class DispatcherLease(models.Model):
    """Whoever holds the row until `until` (the database's clock) is the one dispatcher."""

    name = models.CharField(primary_key=True, max_length=40)
    holder = models.CharField(max_length=120, default="")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} held by {self.holder or 'nobody'}"
