"""Accounts that can log in, and the codes by which somebody without mail gets in the first time."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from records.models import Record


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

    # The names stand in sentences, such as that a password is too similar to one.
    username = models.CharField(_("login name"), max_length=150, unique=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    # Accounts with a published password: `up` refuses to listen beyond loopback while one is active.
    is_demo = models.BooleanField(default=False)
    # Empty: as the browser asks, and as the affiliate has it.
    language = models.CharField(max_length=10, blank=True, choices=settings.LANGUAGES)
    time_zone = models.CharField(max_length=40, blank=True)

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

    @property
    def is_privileged(self) -> bool:
        """Whether this account can change or see what belongs to many others: a second factor is required."""
        from people.models.roles import Role

        return self.is_staff or self.is_superuser or Role.objects.of(self).exists()


class LoginCode(Record):
    """A one-time code that an admin hands to somebody without mail, to set a password with. Stored hashed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_codes")
    code_hash = models.CharField(max_length=128)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    issued_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(used_at=None), name="one_open_login_code_per_user"
            ),
        ]

    def __str__(self) -> str:
        return f"code of {self.user}"


def time_zones() -> list[str]:
    """The names of the places a person may live in: what a time zone field accepts."""
    places = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    return [*sorted(name for name in zoneinfo.available_timezones() if name.split("/")[0] in places), "UTC"]


def user_of(request: HttpRequest) -> User:
    """The account behind a request that `login_required` let through."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
