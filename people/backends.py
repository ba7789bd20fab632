"""How an account is found: by login name, e-mail or employee number, and with its person on every later request."""

from __future__ import annotations

import unicodedata
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.backends import ModelBackend
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from people.models import Role, User
from people.reach import keep_reach, reach_asked

# What Django asks `has_perm` for, and the operator's role carries: mails and long work of everybody.
OPERATING = frozenset(
    f"records.{deed}_{model}" for model in ("outgoingmail", "longjob") for deed in ("view", "change")
)


def operates(user: User) -> bool:
    """Whether somebody runs the site: holds the operator's role, or is a superuser."""
    return user.is_active and (user.is_superuser or Role.objects.of(user).operating().exists())


def find_account(login: str) -> User | None:
    """By login name, by e-mail, or by `affiliate code/employee number`; whether it is open or closed."""
    login = login.strip()
    if not login or "\0" in login:
        return None
    found = User.objects.filter(username=login).first() or User.objects.with_email(login).first()
    code, slash, number = unicodedata.normalize("NFKC", login).partition("/")
    if found or not slash:
        return found
    return User.objects.filter(
        person__numbers__affiliate__code=code.strip(), person__numbers__number=number.strip()
    ).first()


class AccountBackend(ModelBackend):
    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        user = find_account(username)
        if user is None:
            # As slow as a wrong password: time must not tell who has an account.
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Django's own, by group or account, and those of the operator's role; asked once for a request."""
        held = super().get_all_permissions(user_obj, obj)
        if obj is None and isinstance(user_obj, User) and not user_obj.__dict__.get("_with_role"):
            user_obj.__dict__["_with_role"] = True
            if operates(user_obj):
                held |= OPERATING  # Django's cache of this account object
        return held

    def get_user(self, user_id: Any) -> User | None:
        """With what every page asks of it, in one query: the person, `reach_of`, `holds_role`, `has_second_factor`."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=["totp", "webauthn"])
        asked = reach_asked(User(pk=user_id), person="person__pk")
        users = User.objects.select_related("person__affiliate")
        user: Any = users.annotate(has_second_factor=Exists(factors), **asked).filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        user.holds_role = bool(user.roles_held)
        keep_reach(user, user.__dict__ if getattr(user, "person", None) else None)
        found: User = user
        return found
