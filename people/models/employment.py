"""Who works where, from when until when."""

from __future__ import annotations

import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from people.models.accounts import User
from people.models.organization import JobRole, OrganizationUnit
from people.models.persons import Person
from records.models import Record
from records.text import TranslatedField


def active_on(day: datetime.date) -> Q:
    """Rows with `starts_on` and `ends_on`, both of which count; without an end, until further notice."""
    return Q(starts_on__lte=day) & (Q(ends_on=None) | Q(ends_on__gte=day))


class EmploymentQuerySet(models.QuerySet["Employment"]):
    def editable_by(self, user: User) -> EmploymentQuerySet:
        return self.filter(person__in=Person.objects.editable_by(user))

    def active_on(self, day: datetime.date) -> EmploymentQuerySet:
        return self.filter(active_on(day))


class LeaveQuerySet(models.QuerySet["Leave"]):
    def editable_by(self, user: User) -> LeaveQuerySet:
        return self.filter(person__in=Person.objects.editable_by(user))

    def active_on(self, day: datetime.date) -> LeaveQuerySet:
        return self.filter(active_on(day))


class Employment(Record):
    """May lie in the future.

    A trigger of the database refuses two primary ones on one day (one_primary_employment_at_a_time).
    """

    class Ending(models.TextChoices):
        TRANSFER = "transfer", _("Transfer")
        LEAVING = "leaving", _("Leaving")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="employments")
    unit = models.ForeignKey(OrganizationUnit, on_delete=models.PROTECT, related_name="employments")
    manager = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="led_employments")
    job_role = models.ForeignKey(JobRole, null=True, on_delete=models.PROTECT, related_name="employments")
    job_title = TranslatedField(default=dict, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)
    primary = models.BooleanField(default=True)

    objects = EmploymentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="employment_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(manager=None) | ~Q(manager=F("person")), name="nobody_manages_themselves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.unit}"


class Leave(Record):
    """Absent for a while: the employment goes on, clocks of required training stand still.

    A trigger of the database refuses two on one day (one_leave_at_a_time).
    """

    class Kind(models.TextChoices):
        PARENTAL = "parental", _("Parental leave")
        SICK = "sick", _("Sick leave")
        STUDY = "study", _("Study leave")
        OTHER = "other", _("Other leave")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="leaves")
    kind = models.CharField(max_length=10, choices=Kind)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)

    objects = LeaveQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="leave_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.person}"
