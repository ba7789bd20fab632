"""The pages before somebody is in: login, first login, and the way back in by mail."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import perform_login
from allauth.account.views import LoginView
from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from people import throttle
from people.demo import demo_password
from people.models import Person, User
from people.services.accounts import reset_password
from people.signin.adapters import may_use_passkeys
from people.signin.forms import AskResetForm, FirstLoginForm, NewPassword
from people.signin.mails import send_reset, tell_of_change
from records.mail import folder

# In the place of the token in the address, once it lies in the session: no page we link to learns it.
HIDDEN = "now"


class Login(LoginView):  # type: ignore[misc]  # untyped library
    template_name = "people/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = Person.objects.filter(user__is_demo=True, user__is_active=True).select_related("user")
        accounts = [(person.user.username, str(person)) for person in demo.order_by("user__username")[:20]]
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "demo_accounts": accounts,
            # A password that somebody chose is theirs to tell.
            "demo_password_is_demo": demo_password() == "demo",
            "mails_stay_here": folder.is_used(),
            "may_use_passkeys": may_use_passkeys(self.request),
        }


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def first_login(request: HttpRequest) -> HttpResponseBase:
    """With a one-time code that an admin handed over: sets a password, and goes on as any login does."""
    if request.user.is_authenticated:
        return redirect("people:account")
    form = FirstLoginForm(request, request.POST or None)
    if form.is_valid() and form.user is not None:
        tell_of_change(form.user, "password_changed")
        messages.success(request, _("Your password is set."))
        response: HttpResponseBase = perform_login(request, User.objects.get(pk=form.user.pk))
        return response
    return render(request, "people/first_login.html", {"form": form})


@never_cache
@require_http_methods(["GET", "POST"])
def ask_reset(request: HttpRequest) -> HttpResponse:
    """The answer is the same whether somebody has that e-mail or not."""
    form = AskResetForm(request.POST or None)
    if not form.is_valid():
        return render(request, "people/ask_reset.html", {"form": form})
    email = form.cleaned_data["email"]
    # So many mails only, to one account and from one address.
    if throttle.may_try(request, f"mail to {email}"):
        found = User.objects.with_email(email).filter(is_active=True).first()
        with transaction.atomic():
            send_reset(found or User(email="nobody@example.invalid"))
            # Written and thrown away: a quicker answer would tell that nobody has that e-mail.
            transaction.set_rollback(found is None)
    return render(request, "people/ask_reset.html", {"sent_to": email})


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def reset(request: HttpRequest, key: str, token: str) -> HttpResponse:
    """Where the mailed link leads. The token moves into the session first, as Django's own page does it."""
    user = _owner(key)
    if user and token != HIDDEN and default_token_generator.check_token(user, token):
        request.session[INTERNAL_RESET_SESSION_TOKEN] = token
        return redirect("reset-password", key, HIDDEN)
    kept = request.session.get(INTERNAL_RESET_SESSION_TOKEN, "")
    if user is None or token != HIDDEN or not default_token_generator.check_token(user, kept):
        return render(request, "people/reset_used.html", status=410)
    form = NewPassword(request.POST or None)
    if form.is_valid() and _set(form, user):
        del request.session[INTERNAL_RESET_SESSION_TOKEN]
        throttle.succeeded(user.username)
        tell_of_change(user, "password_changed")
        messages.success(request, _("Your password is set. Log in with it."))
        return redirect("login")
    return render(request, "people/reset.html", {"form": form, "login": user.email or user.username})


def _owner(key: str) -> User | None:
    try:
        return User.objects.filter(pk=urlsafe_base64_decode(key).decode(), is_active=True).first()
    except (ValueError, ValidationError):  # no base64, no UTF-8, no UUID
        return None


def _set(form: NewPassword, user: User) -> bool:
    try:
        reset_password(user, form.cleaned_data["password"])
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True
