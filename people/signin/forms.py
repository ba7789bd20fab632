"""The forms at the door. Whatever is wrong with a login, a code or a mail address, the sentence is the same."""

from __future__ import annotations

import copy
from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ReauthenticateForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from people import throttle
from people.backends import find_account
from people.models import OrganizationUnit, User
from people.services.accounts import redeem_login_code

# No hash needs more, and a longer one would only cost time.
PASSWORD_LENGTH = 200
_Errors = list[ValidationError]


def password_field(label: Any, autocomplete: str, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        max_length=PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
        **options,
    )


def locked(request: HttpRequest, login: str) -> ValidationError:
    """Says when to try again."""
    minutes = max(1, throttle.minutes_left(request, login))
    text = ngettext(
        "Too many tries. Try again in %(minutes)d minute.",
        "Too many tries. Try again in %(minutes)d minutes.",
        minutes,
    )
    return ValidationError(text % {"minutes": minutes}, code="locked")


class WhoFields(forms.Form):
    """Who somebody is: in one field, or as affiliate and employee number."""

    login = forms.CharField(
        label=_("E-mail or login name"),
        max_length=254,
        required=False,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autofocus": True,
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
    )
    affiliate = forms.ModelChoiceField(
        OrganizationUnit.objects.affiliates().order_by("code"),
        label=_("Affiliate"),
        to_field_name="code",
        required=False,
        empty_label=_("Choose"),
    )
    number = forms.CharField(
        label=_("Employee number"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def who(self) -> str:
        """As `find_account` takes it. Raises ValidationError by field when it is not complete."""
        data = self.cleaned_data
        login, affiliate, number = data.get("login"), data.get("affiliate"), data.get("number")
        if affiliate and number:
            return f"{affiliate.code}/{number}"
        if affiliate:
            raise ValidationError({"number": _("Type your employee number, too.")})
        if number and "/" not in number:
            raise ValidationError({"affiliate": _("Choose your affiliate, too.")})
        if not (login or number):
            raise ValidationError(
                {"login": _("Type your e-mail or login name, or use your employee number below.")}
            )
        return str(login or number)

    @property
    def names_number(self) -> bool:
        """Whether the pair of fields is in use: it is shown open then."""
        return any(self.data.get(name) for name in ("affiliate", "number"))


class LoginForm(WhoFields, AllauthLoginForm):  # type: ignore[misc]  # untyped library
    field_order = ("login", "affiliate", "number", "password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = copy.deepcopy(WhoFields.base_fields["login"])
        self.fields["password"] = password_field(_("Password"), "current-password")
        self.order_fields(self.field_order)

    def clean_login(self) -> str:
        return str(self.cleaned_data["login"])

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self._credentials = {"username": self.who(), "password": self.cleaned_data["password"]}
            self._clean_with_password(self._credentials)
        return self.cleaned_data

    def user_credentials(self) -> dict[str, Any]:
        return self._credentials

    def _clean_with_password(self, credentials: dict[str, Any]) -> None:
        try:
            super()._clean_with_password(credentials)
        except ValidationError as refused:
            # One sentence for every reason: it must not tell who has an account.
            errors: _Errors = [ValidationError(_WRONG, code="invalid_login")]
            if getattr(self.request, "axes_locked_out", False):
                errors.append(locked(self.request, credentials["username"]))
            raise ValidationError(errors) from refused


_WRONG = _("The login or the password is not right. Check both and try again.")


class AgainForm(ReauthenticateForm):  # type: ignore[misc]  # untyped library
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field(_("Password"), "current-password")


class NewPassword(forms.Form):
    password = password_field(
        _("New password"),
        "new-password",
        help_text=_("At least 10 characters, not only digits, and nothing that others would guess."),
    )
    again = password_field(_("New password, once more"), "new-password")

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "again" in data and "password" in data and data["again"] != data["password"]:
            self.add_error("again", _("The two passwords are not the same. Type both again."))
        return data

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password


class FirstLoginForm(WhoFields, NewPassword):
    field_order = ("login", "affiliate", "number", "code", "password", "again")
    code = forms.CharField(
        label=_("One-time code"),
        max_length=40,
        help_text=_(
            "Ten letters and digits, such as 7K2MX-Q94TD. Your training administrator gave it to you."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.user: User | None = None
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            self._redeem(self.who())
        return data

    def _redeem(self, who: str) -> None:
        wrong = ValidationError(
            _("The code does not fit, is over 72 hours old or was used. Check it, or ask for a new one."),
            code="invalid_code",
        )
        if not throttle.may_try(self.request, who):
            raise ValidationError([wrong, locked(self.request, who)])
        user = find_account(who)
        if not redeem_login_code(user, self.cleaned_data["code"], password=self.cleaned_data["password"]):
            raise wrong
        throttle.succeeded(who)
        self.user = user


class AskResetForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class ChangePasswordForm(NewPassword):
    field_order = ("old", "password", "again")
    old = password_field(_("Password so far"), "current-password")

    def __init__(self, request: HttpRequest, user: User, *args: Any, **kwargs: Any) -> None:
        self.request, self.user = request, user
        super().__init__(*args, **kwargs)

    def clean_old(self) -> str:
        old = str(self.cleaned_data["old"])
        if not throttle.may_try(self.request, self.user.username):
            raise locked(self.request, self.user.username)
        if not self.user.check_password(old):
            raise ValidationError(_("This is not your password so far."))
        throttle.succeeded(self.user.username)
        return old
