from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from people import throttle


class LoginForm(forms.Form):
    login = forms.CharField(label=_("E-mail or login name"), max_length=254, strip=True)
    password = forms.CharField(label=_("Password"), strip=False, widget=forms.PasswordInput)

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.user: AbstractBaseUser | None = None
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {
            "autocomplete": "username",
            "autofocus": True,
            "autocapitalize": "none",
        }
        self.fields["password"].widget.attrs["autocomplete"] = "current-password"

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if {"login", "password"} <= data.keys():
            self._try(data["login"], data["password"])
        return data

    def _try(self, login: str, password: str) -> None:
        # One sentence for every reason: it must not tell who has an account.
        wrong = forms.ValidationError(
            _("The login or the password is not right. Check both and try again."), code="invalid_login"
        )
        if not throttle.may_try(self.request, login):
            raise forms.ValidationError(
                [wrong, forms.ValidationError(_("Too many tries. Wait 15 minutes."), code="locked")]
            )
        self.user = authenticate(self.request, username=login, password=password)
        if self.user is None:
            raise wrong
        throttle.succeeded(self.request, login)

    def get_user(self) -> AbstractBaseUser | None:
        return self.user
