"""Your account: who you are here, how the site speaks to you, and what opens your account."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people.languages import as_read_by, zone_choices
from people.models import Person, User, user_of
from people.person_forms.base import NameForm
from people.services.accounts import change_password, end_sessions
from people.services.preferences import set_preferences
from people.signin.adapters import may_use_passkeys
from people.signin.devices import describe, is_phone
from people.signin.factors import must_have_factor
from people.signin.forms import ChangePasswordForm
from people.signin.mails import tell_of_change


class PreferencesForm(forms.Form):
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        required=False,
        choices=[("", gettext_lazy("As the browser asks")), *settings.LANGUAGES],
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        choices=lambda: [("", gettext_lazy("As your affiliate has it")), *zone_choices()],
    )


@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    kept = {"language": user.language, "time_zone": user.time_zone}
    form = PreferencesForm(request.POST or None, initial=kept)
    if form.is_valid():
        set_preferences(user, **form.cleaned_data)
        with as_read_by(user):
            messages.success(request, _("Saved."))
        return redirect("people:account")
    return render(request, "people/account.html", {"form": form, **_what_opens_it(request, user)})


def _what_opens_it(request: HttpRequest, user: User) -> dict[str, Any]:
    factors = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    of_type = {kind: [factor for factor in factors if factor.type == kind] for kind in Authenticator.Type}
    codes = of_type[Authenticator.Type.RECOVERY_CODES]
    person = getattr(user, "person", None)
    return {
        "account": user,
        "names": _names_of(person) if person else [],
        "numbers": person.numbers.select_related("affiliate") if person else [],
        "app": next(iter(of_type[Authenticator.Type.TOTP]), None),
        "passkeys": [(factor, factor.wrap().name) for factor in of_type[Authenticator.Type.WEBAUTHN]],
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
        "session_count": sessions_of(user).count(),
        "may_use_passkeys": may_use_passkeys(request),
        "must_have_factor": must_have_factor(user),
    }


def _names_of(person: Person) -> list[tuple[Any, str, str]]:
    """What each of them is called, its language, and the name itself."""
    fields = {language: NameForm.base_fields.get(f"name_{language}") for language in person.name}
    return [(field.label, language, person.name[language]) for language, field in fields.items() if field]


@login_required
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
def password(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = ChangePasswordForm(request, user, request.POST or None)
    if form.is_valid() and _change(request, form, user):
        return redirect("people:account")
    return render(request, "people/change_password.html", {"form": form})


def _change(request: HttpRequest, form: ChangePasswordForm, user: User) -> bool:
    try:
        change_password(
            user, form.cleaned_data["password"], keeping=request.session.session_key or "", by=user
        )
    except ValidationError as error:
        form.add_error(None, error)
        return False
    update_session_auth_hash(request, user)
    # It has a new key now, under which it stays in the list.
    UserSession.objects.create_from_request(request)
    tell_of_change(user, "password_changed")
    messages.success(request, _("Your password is changed, and your other sessions are ended."))
    return True


def sessions_of(user: User) -> QuerySet[UserSession]:
    """Those that still open the site, the latest first."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    found: QuerySet[UserSession] = UserSession.objects.filter(Exists(alive), user=user)
    return found.order_by("-last_seen_at")


@login_required
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    rows = [
        {
            "pk": session.pk,
            "device": describe(session.user_agent),
            "is_phone": is_phone(session.user_agent),
            "address": session.ip,
            "since": session.created_at,
            "seen": session.last_seen_at,
            "is_this": session.session_key == request.session.session_key,
        }
        for session in sessions_of(user_of(request))[:100]
    ]
    return render(request, "people/sessions.html", {"sessions": rows})


@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Ending an ended one again changes nothing; that of somebody else is a 404."""
    session = get_object_or_404(UserSession.objects.filter(user=user_of(request)), pk=pk)
    if session.session_key == request.session.session_key:
        return redirect("logout")
    _end(request, only=session.pk)
    return redirect("people:account-sessions")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    _end(request)
    return redirect("people:account-sessions")


def _end(request: HttpRequest, only: int | None = None) -> None:
    count = end_sessions(user_of(request), but=request.session.session_key or "", only=only)
    text = ngettext("%(count)d session is ended.", "%(count)d sessions are ended.", count)
    messages.success(request, text % {"count": count})
