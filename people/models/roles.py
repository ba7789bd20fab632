"""Who may administer what. Learner is everybody, managers follow from reporting lines, instructors from courses."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models.accounts import User
from people.models.organization import OrganizationUnit
from people.models.persons import Person
from records.models import Record


class RoleQuerySet(models.QuerySet["Role"]):
    def of(self, user: User) -> RoleQuerySet:
        return self.filter(person__user=user)

    def editable_by(self, user: User) -> RoleQuerySet:
        """Whose holders are; the service decides who may take which kind."""
        return self.filter(person__in=Person.objects.editable_by(user))

    def operating(self) -> RoleQuerySet:
        return self.filter(kind=Role.Kind.OPERATOR)

    def administering(self) -> RoleQuerySet:
        """Those that carry people and training; an operator runs the site and sees neither."""
        return self.filter(kind__in=[Role.Kind.TRAINING_ADMIN, Role.Kind.GROUP_ADMIN])


class Role(Record):
    class Kind(models.TextChoices):
        TRAINING_ADMIN = "training_admin", _("Training admin")
        GROUP_ADMIN = "group_admin", _("Group admin")
        OPERATOR = "operator", _("Operator")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="roles")
    kind = models.CharField(max_length=16, choices=Kind)
    # A training admin's affiliate; the group for the others.
    unit = models.ForeignKey(OrganizationUnit, on_delete=models.PROTECT, related_name="roles")

    objects = RoleQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "kind", "unit"], name="one_role_per_kind_and_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.unit}"
