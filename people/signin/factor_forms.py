"""allauth's forms of the second factor, with labels that say what to type."""

from __future__ import annotations

import hashlib
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

_LENGTH = 20


def _code(label: Any) -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
    return forms.CharField(label=label, max_length=_LENGTH, widget=forms.TextInput(attrs=attributes))


def _name() -> forms.CharField:
    return forms.CharField(
        label=_("Name"),
        max_length=60,
        required=False,
        help_text=_("To tell it apart, such as: office laptop."),
    )


class _Once(forms.Form):
    """The library forgets a used code after 30 seconds; with a clock that may be off, it is good for 90."""

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]  # of the form beside this one
        digest = hashlib.sha256(code.encode()).hexdigest()
        if not cache.add(f"code-used:{self.user.pk}:{digest}", 1, 120):  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_Once, AuthenticateForm):  # type: ignore[misc]  # untyped library
    code = _code(_("Code of the app, or a recovery code"))


class CodeAgainForm(_Once, ReauthenticateForm):  # type: ignore[misc]  # untyped library
    code = _code(_("Code of the app, or a recovery code"))


class ActivateForm(ActivateTOTPForm):  # type: ignore[misc]  # untyped library
    code = _code(_("Code that the app shows now"))


# What the library raises for a credential that no browser makes.
_ODD = (KeyError, ValueError, TypeError, AttributeError)


class _Credential(forms.Form):
    """Refuses an odd credential with a sentence."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]  # of the form beside this one
        except _ODD as error:
            raise get_adapter().validation_error("incorrect_code") from error


class PasskeyLoginForm(_Credential, LoginWebAuthnForm):  # type: ignore[misc]  # untyped library
    pass


class PasskeyUseForm(_Credential, AuthenticateWebAuthnForm):  # type: ignore[misc]  # untyped library
    pass


class PasskeyAgainForm(_Credential, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # untyped library
    pass


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]  # untyped library
    name = _name()
    passwordless = forms.BooleanField(
        label=_("Log in with it alone"),
        required=False,
        help_text=_("The key then asks for a fingerprint, a face or a PIN, and you need no password."),
    )

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except _ODD as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return cleaned


class RenameForm(EditWebAuthnForm):  # type: ignore[misc]  # untyped library
    name = _name()
