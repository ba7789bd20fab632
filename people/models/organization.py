"""The one organization tree, and the jobs that people hold in it."""

from __future__ import annotations

import datetime
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.models import Record
from records.text import TranslatedField

if TYPE_CHECKING:
    from people.models.accounts import User


class OrganizationUnitQuerySet(models.QuerySet["OrganizationUnit"]):
    def under(self, *units: OrganizationUnit | uuid.UUID) -> OrganizationUnitQuerySet:
        """These units and everything below them."""
        ids = [unit if isinstance(unit, uuid.UUID) else unit.pk for unit in units]
        return self.filter(path__overlap=ids) if ids else self.none()

    def affiliates(self) -> OrganizationUnitQuerySet:
        return self.filter(kind=OrganizationUnit.Kind.AFFILIATE)

    def visible_to(self, user: User) -> OrganizationUnitQuerySet:
        """What an admin administers, and one's own affiliate; partners see no unit."""
        own = OrganizationUnit.objects.filter(people__user=user, people__kind="employee")
        return self.filter(
            self._administered(user) | Q(affiliate__in=own.values("affiliate")) | Q(pk__in=own)
        )

    def editable_by(self, user: User) -> OrganizationUnitQuerySet:
        """Training admins shape their affiliate, group admins the whole tree."""
        return self.filter(self._administered(user))

    @staticmethod
    def _administered(user: User) -> Q:
        from people.models.roles import Role

        return Q(path__overlap=ArraySubquery(Role.objects.of(user).administering().values("unit")))


class OrganizationUnit(Record):
    """A node of the one tree: the group, its affiliates, their departments.

    `path` (ids from the root to the unit itself) and `affiliate` are kept by a trigger of the database, which
    also refuses a cycle (constraint name: tree_has_no_cycles).
    """

    class Kind(models.TextChoices):
        GROUP = "group", _("Group")
        AFFILIATE = "affiliate", _("Affiliate")
        DEPARTMENT = "department", _("Department")

    kind = models.CharField(max_length=12, choices=Kind)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    code = models.CharField(max_length=40, unique=True)
    name = TranslatedField()
    time_zone = models.CharField(max_length=40, default="Asia/Seoul")
    locale = models.CharField(max_length=10, default="ko")
    path = ArrayField(models.UUIDField(), default=list, editable=False)
    # The affiliate the unit belongs to or is; None for the group itself and what stands right below it.
    affiliate = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="members", editable=False
    )

    objects = OrganizationUnitQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="group", parent=None) | (~Q(kind="group") & Q(parent__isnull=False)),
                name="only_the_group_has_no_parent",
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="no_unit_is_its_own_parent"),
        ]
        indexes: ClassVar = [GinIndex(fields=["path"], name="unit_by_ancestor")]

    def __str__(self) -> str:
        return str(self.name)

    def save(self, *args: Any, **kwargs: Any) -> None:
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new or "parent" in (kwargs.get("update_fields") or ()):
            self.refresh_from_db(fields=["path", "affiliate"])

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """Where its days begin: the affiliate's time zone, or the group's for who works there."""
        return zoneinfo.ZoneInfo((self.affiliate or self).time_zone)

    def today_at(self, now: datetime.datetime) -> datetime.date:
        return timezone.localdate(now, timezone=self.zone)

    def today(self) -> datetime.date:
        return self.today_at(timezone.now())

    def midnight(self, day: datetime.date) -> datetime.datetime:
        """When `day` begins there."""
        return datetime.datetime.combine(day, datetime.time.min, tzinfo=self.zone)


class JobFamily(Record):
    code = models.SlugField(max_length=40, unique=True)
    name = TranslatedField()

    class Meta:
        verbose_name_plural = "job families"

    def __str__(self) -> str:
        return str(self.name)


class JobRole(Record):
    """What somebody does, such as AI engineer: required training and recommendations go by it."""

    code = models.SlugField(max_length=40, unique=True)
    family = models.ForeignKey(JobFamily, on_delete=models.PROTECT, related_name="roles")
    name = TranslatedField()

    def __str__(self) -> str:
        return str(self.name)
