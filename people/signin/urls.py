"""Names that Django and allauth know: outside of our namespaces."""

from allauth.account import views as allauth
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkey
from django.contrib.auth.decorators import login_required
from django.urls import path
from django.views.generic import RedirectView

from people.signin import entrance

_to_account = login_required(RedirectView.as_view(pattern_name="people:account"))
_login, _logout = entrance.Login.as_view(), allauth.LogoutView.as_view(template_name="people/logout.html")

urlpatterns = [
    path("login/", _login, name="account_login"),
    path("login/", _login, name="login"),
    path("logout/", _logout, name="account_logout"),
    path("logout/", _logout, name="logout"),
    path("login/code/", factor.authenticate, name="mfa_authenticate"),
    path("login/passkey/", passkey.login_webauthn, name="mfa_login_webauthn"),
    path("first-login/", entrance.first_login, name="first-login"),
    path("login/reset/", entrance.ask_reset, name="ask-reset"),
    path("login/reset/<slug:key>/<slug:token>/", entrance.reset, name="reset-password"),
    path("account/again/", allauth.reauthenticate, name="account_reauthenticate"),
    path("account/again/code/", factor.reauthenticate, name="mfa_reauthenticate"),
    path("account/again/passkey/", passkey.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/passkeys/add/", passkey.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/", passkey.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove/", passkey.remove_webauthn, name="mfa_remove_webauthn"),
    path("account/recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path(
        "account/recovery-codes/file/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"
    ),
    # Where allauth goes afterwards.
    path("account/factors/", _to_account, name="mfa_index"),
    path("account/passkeys/", _to_account, name="mfa_list_webauthn"),
]
