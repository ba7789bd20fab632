"""How an account is found: by login name or e-mail, and with its person on every later request."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from people.models import User


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
        by_name = User.objects.filter(username=username).first()
        user = by_name or User.objects.with_email(username).first()
        if user is None:
            User().set_password(
                password
            )  # as slow as a wrong password: time must not tell who has an account
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("person__affiliate").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
