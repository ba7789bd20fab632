"""Who there is: accounts, persons, the one organization tree, and who works where and when."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from records.models import Record, new_id
from records.text import TranslatedField


class UserManager(BaseUserManager["User"]):
    """Django's contract for a custom user: look up by natural key and create."""

    def with_email(self, email: str) -> models.QuerySet[User]:
        """The account of an e-mail, by the rule and the index of `one_user_per_email`: lower case.

        `iexact` would compare upper cases: no index, and a dotless ı would open the account of an i.
        """
        return (
            self.alias(lower_email=Lower("email")).filter(lower_email=Lower(Value(email))).exclude(email="")
        )

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin, Record):
    """An account that can log in. What the group knows about the human is in `Person`."""

    username = models.CharField(max_length=150, unique=True)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Accounts with a published password: `up` refuses to listen beyond loopback while one is active.
    is_demo = models.BooleanField(default=False)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["email"]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="one_user_per_email"),
        ]

    def __str__(self) -> str:
        return self.username


class OrganizationUnit(Record):
    """A node of the one tree: the group, its affiliates, their departments."""

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

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="group", parent=None) | (~Q(kind="group") & Q(parent__isnull=False)),
                name="only_the_group_has_no_parent",
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="no_unit_is_its_own_parent"),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def affiliate(self) -> OrganizationUnit | None:
        """The affiliate this unit belongs to or is; None for the group itself."""
        unit: OrganizationUnit | None = self
        seen: set[uuid.UUID] = set()
        # The database keeps a unit from being its own parent, but no longer cycle: whatever moves units will
        # have to refuse one. Until then a bad row must not hold a thread for ever.
        while unit is not None and unit.kind != self.Kind.AFFILIATE and unit.pk not in seen:
            seen.add(unit.pk)
            unit = unit.parent
        return unit if unit is not None and unit.kind == self.Kind.AFFILIATE else None


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, user: User) -> PersonQuerySet:
        """A person sees their own record; managers and admins come with roles."""
        return self.filter(user=user)


class Person(Record):
    class Kind(models.TextChoices):
        EMPLOYEE = "employee", _("Employee")
        PARTNER = "partner", _("Partner")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        LEFT = "left", _("Left")

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="person")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EMPLOYEE)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    name = TranslatedField()

    objects = PersonQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.name)

    @property
    def initials(self) -> str:
        """At most two characters for an avatar: a Korean given name, or the first letters of a Latin one."""
        words = str(self).split()
        if len(words) > 1:
            return (words[0][0] + words[-1][0]).upper()
        return str(self)[-2:]


class EmploymentQuerySet(models.QuerySet["Employment"]):
    def active_on(self, day: datetime.date) -> EmploymentQuerySet:
        return self.filter(starts_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))


class Employment(Record):
    """Who works where, from and until when; both days count, and the start may lie in the future."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="employments")
    unit = models.ForeignKey(OrganizationUnit, on_delete=models.PROTECT, related_name="employments")
    manager = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="reports")
    job_title = TranslatedField(default=dict)
    employee_number = models.CharField(max_length=40, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    primary = models.BooleanField(default=True)

    objects = EmploymentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(primary=True, ends_on=None), name="one_open_primary_employment"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="employment_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(manager=None) | ~Q(manager=F("person")), name="nobody_manages_themselves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.unit}"


class IntegrationClient(AbstractApplication):  # type: ignore[misc]  # untyped library
    """An OAuth2 application of an affiliate or, without one, of the whole group.

    Its own service account makes machines subject to the same querysets and audit as people.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    affiliate = models.ForeignKey(
        OrganizationUnit, null=True, on_delete=models.PROTECT, related_name="integration_clients"
    )
    service_user = models.OneToOneField(
        User, null=True, on_delete=models.PROTECT, related_name="integration_client"
    )

    class Meta(AbstractApplication.Meta):  # type: ignore[misc]
        abstract = False
        swappable = "OAUTH2_PROVIDER_APPLICATION_MODEL"


def user_of(request: HttpRequest) -> User:
    """The account behind a request that `login_required` let through."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
