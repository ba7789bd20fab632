"""What lets somebody in, and ending it: passwords, one-time codes, sessions, tokens, streams."""

from __future__ import annotations

import datetime
import secrets
from functools import partial

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from people import throttle
from people.models import LoginCode, Role, User
from records import live
from records.audit import audit

# Crockford's base 32: no letter that looks like a digit, and none that makes words.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH, CODE_TRIES = 10, 5
CODE_LIFE = datetime.timedelta(hours=72)
_READ_AS = str.maketrans("OIL", "011", " -_\t")


def end_access(user: User) -> None:
    """Take away, in the caller's transaction, whatever would still open the site to this account."""
    user.login_codes.all().delete()
    get_refresh_token_model().objects.filter(user=user).delete()
    get_access_token_model().objects.filter(user=user).delete()
    end_sessions(user)


def end_sessions(user: User, *, but: str = "", only: int | None = None) -> int:
    """End the sessions of an account, but the one with the key `but`, or `only` that row; returns how many.

    Open event streams are cut: what belongs to a session that goes on opens them again by itself.
    """
    ended = UserSession.objects.filter(user=user).exclude(session_key=but)
    if only is not None:
        ended = ended.filter(pk=only)
    keys = list(ended.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    ended.delete()
    transaction.on_commit(partial(live.end_streams, user.pk))
    return len(keys)


def forget_ended_sessions() -> None:
    """Periodic: rows of sessions that open nothing any more since their time is over."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    kept = Session.objects.filter(session_key=OuterRef("session_key"))
    # A login notes its session a moment before it is stored.
    long_ago = now - datetime.timedelta(seconds=settings.SESSION_COOKIE_AGE)
    UserSession.objects.filter(~Exists(kept), last_seen_at__lt=long_ago).delete()


@transaction.atomic
def change_password(user: User, password: str, *, keeping: str = "", by: User) -> None:
    """Every other session ends, and a code that was handed over is worth nothing any more.

    The session with the key `keeping` goes on. Raises ValidationError: password.
    """
    _set_password(user, password)
    user.login_codes.all().delete()
    end_sessions(user, but=keeping)
    audit("account.change_password", user, by=by, about=user)


@transaction.atomic
def reset_password(user: User, password: str) -> None:
    """By the owner of the e-mail. Raises ValidationError: password."""
    _set_password(user, password)
    user.login_codes.all().delete()
    end_sessions(user)
    audit("account.reset_password", user, by=user, about=user)


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.error_list}) from error
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])


@transaction.atomic
def issue_login_code(user: User, *, by: User | None) -> str:
    """The code as it is handed over; nobody can read it again. An older one is worth nothing from now on.

    Whether `by` may edit the person is the caller's question; None is somebody at the machine itself. Raises
    ValidationError: a closed account, one's own, or one that may do more than `by`, who could become it.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise ValidationError(_("The account is closed today: a code would open nothing."))
    if user == by:  # an unattended screen must not change its owner's password
        raise ValidationError(_("This is your own account: change your password there."))
    if by is not None and user.is_superuser and not by.is_superuser:
        raise ValidationError(
            _("This account may do everything here. Only another such account can give it a code.")
        )
    if by is not None and user.is_privileged and not _outranks(by):
        raise ValidationError(_("This person holds a role. Ask a group admin for the code."))
    user.login_codes.all().delete()
    code = "".join(secrets.choice(ALPHABET) for _number in range(CODE_LENGTH))
    made = LoginCode.objects.create(
        user=user, code_hash=make_password(code), expires_at=timezone.now() + CODE_LIFE, issued_by=by
    )
    audit("account.issue_code", made, by=by, about=user)
    return f"{code[:5]}-{code[5:]}"


def _outranks(by: User) -> bool:
    return by.is_superuser or Role.objects.of(by).filter(kind=Role.Kind.GROUP_ADMIN).exists()


def redeem_login_code(user: User | None, code: str, *, password: str) -> bool:
    """Set a first password with a code; False when the code is not right, for whatever reason.

    Takes as long without an account or a code as with one. Raises ValidationError: password; the code is kept then.
    """
    with transaction.atomic():
        # The try stays counted whatever comes of it.
        found = _count_try(user)
    is_right = check_password(code.upper().translate(_READ_AS), found.code_hash if found else _NO_CODE)
    if found is None or not is_right:
        return False
    with transaction.atomic():
        held = LoginCode.objects.select_for_update(of=("self",)).select_related("user")
        open_code = held.filter(pk=found.pk, used_at=None).first()
        if open_code is None:  # another click was faster
            return False
        _set_password(open_code.user, password)
        open_code.used_at = timezone.now()
        open_code.tries -= 1
        open_code.save(update_fields=["used_at", "tries", "updated_at"])
        end_sessions(open_code.user)
        audit("account.redeem_code", open_code, by=open_code.user, about=open_code.user)
    return True


_NO_CODE = make_password(None)


def _count_try(user: User | None) -> LoginCode | None:
    if user is None or not user.is_active:
        return None
    codes = user.login_codes.select_for_update()
    code = codes.filter(used_at=None, expires_at__gt=timezone.now(), tries__lt=CODE_TRIES).first()
    if code is not None:
        code.tries += 1
        code.save(update_fields=["tries", "updated_at"])
    return code


@transaction.atomic
def lift_lock(user: User, *, by: User) -> None:
    """Let somebody try again at once who was locked out by wrong passwords."""
    throttle.lift(user.username)
    audit("account.lift_lock", user, by=by, about=user)
