"""How often a password or code may be tried: so often for one account, and for one address. django-axes keeps the rows.

Its own handler looks before a password is checked and counts after, so that tries at the same time pass; it gives an
account and an address one limit, and it keeps what was typed. This one counts first, under a lock of the database.
"""

from __future__ import annotations

import datetime
import ipaddress
import math
import unicodedata
from collections.abc import Iterable
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.http import HttpRequest
from django.utils import timezone

from people.backends import find_account
from people.models import User

# An address may be that of a whole classroom.
NAME_TRIES, ADDRESS_TRIES = 10, 100
LOCK_SECONDS = 15 * 60
_LOCK = "SELECT pg_advisory_xact_lock(hashtext(%s)), pg_advisory_xact_lock(hashtext(%s))"


class LoginHandler(AxesDatabaseHandler):  # type: ignore[misc]  # untyped library
    """What axes asks for each `authenticate()`. What django-axes does after a try, `may_try` did before it."""

    def is_allowed(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        return may_try(request, str((credentials or {}).get("username") or ""))

    def user_login_failed(self, *args: Any, **kwargs: Any) -> None: ...

    def user_logged_in(self, *args: Any, **kwargs: Any) -> None: ...

    def user_logged_out(self, *args: Any, **kwargs: Any) -> None: ...


@transaction.atomic
def may_try(request: HttpRequest, login: str) -> bool:
    """Counts a try before its password is looked at, so that tries at the same time count as well."""
    name, address = _key(login), _network(request)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [f"try-name {name}", f"try-address {address}"])
    AccessAttempt.objects.filter(attempt_time__lt=_begin()).delete()
    if any(_total(rows) >= limit for rows, limit in _limits(name, address)):
        return False
    row, is_new = AccessAttempt.objects.get_or_create(
        username=name, ip_address=address, user_agent="", defaults={"failures_since_start": 1}
    )
    if not is_new:
        AccessAttempt.objects.filter(pk=row.pk).update(
            failures_since_start=F("failures_since_start") + 1, attempt_time=timezone.now()
        )
    return True


def succeeded(login: str) -> None:
    """The try was right: the account's count begins anew, and its addresses have as many less."""
    lift(_key(login))


def lift(name: str) -> int:
    """End the lock of an account, by its login name; returns how many rows there were."""
    count, _by_model = AccessAttempt.objects.filter(username=name).delete()
    return int(count)


def is_locked(name: OuterRef) -> Exists:
    """Whether the account with the login name `name` of a query was tried too often to be tried now."""
    tries = AccessAttempt.objects.filter(attempt_time__gte=_begin(), username=name).values("username")
    return Exists(tries.annotate(total=Sum("failures_since_start")).filter(total__gte=NAME_TRIES))


def minutes_left(request: HttpRequest, login: str) -> int:
    """After which a refused login may be tried again; 0 when it may be tried now."""
    ends = [_end(rows, limit) for rows, limit in _limits(_key(login), _network(request))]
    seconds = max((end - timezone.now()).total_seconds() for end in ends)
    return max(0, math.ceil(seconds / 60))


def client_address(request: HttpRequest) -> str:
    """Over https a proxy is in front, which adds the client's address to the end of the list."""
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if settings.HTTPS else ""
    for address in (forwarded.rpartition(",")[2].strip(), str(request.META.get("REMOTE_ADDR", ""))):
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            continue
        # A socket that takes both kinds calls 192.0.2.1 ::ffff:192.0.2.1; all of those are one network of IPv6.
        return str(getattr(found, "ipv4_mapped", None) or found)
    return "0.0.0.0"  # noqa: S104 - compared, not bound


def _network(request: HttpRequest) -> str:
    """Who has an IPv6 address has 2^64 of them."""
    address = ipaddress.ip_address(client_address(request))
    if address.version == 4:  # noqa: PLR2004
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)


def _key(login: str) -> str:
    """One count for an account, whichever way it is named; a name without an account is counted alike."""
    user: User | None = find_account(login)
    return user.username if user else _unknown(login)


def _unknown(login: str) -> str:
    """Two ways of writing count as one exactly where `find_account` would find one account by both.

    Were more alike or fewer, a lock that holds for one and not for the other would tell who has an account.
    """
    login = login.replace("\0", "").strip()
    # As the database makes small letters of an e-mail: of each sign one.
    plain = "".join(sign.lower()[0] for sign in login) if "@" in login else login
    code, slash, number = unicodedata.normalize("NFKC", plain).partition("/")
    return f"{code.strip()}/{number.strip()}" if slash else plain


def _limits(name: str, address: str) -> list[tuple[QuerySet[Any], int]]:
    recent = AccessAttempt.objects.filter(attempt_time__gte=_begin())
    return [
        (recent.filter(username=name), NAME_TRIES),
        (recent.filter(ip_address=address), ADDRESS_TRIES),
    ]


def _begin() -> datetime.datetime:
    return timezone.now() - datetime.timedelta(seconds=LOCK_SECONDS)


def _total(rows: QuerySet[Any]) -> int:
    return int(rows.aggregate(total=Sum("failures_since_start"))["total"] or 0)


def _end(rows: QuerySet[Any], limit: int) -> datetime.datetime:
    """When so many rows are forgotten that fewer than `limit` tries are left."""
    tries: Iterable[tuple[datetime.datetime, int]] = rows.order_by("attempt_time").values_list(
        "attempt_time", "failures_since_start"
    )
    left = _total(rows)
    end = timezone.now()
    for at, count in tries:
        if left < limit:
            break
        left -= count
        end = at + datetime.timedelta(seconds=LOCK_SECONDS)
    return end
