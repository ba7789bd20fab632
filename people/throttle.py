"""How often a password may be tried: so often for one account's name, and for one address."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

# An address may be that of a whole classroom.
NAME_TRIES, ADDRESS_TRIES = 10, 100
LOCK_SECONDS = 15 * 60


def may_try(request: HttpRequest | None, login: str) -> bool:
    """Counts a try before its password is looked at, so that tries at the same time count as well.

    In the memory of this process, which one web process makes enough; more of them would share a cache.
    """
    if _count(_name_key(login), NAME_TRIES) > NAME_TRIES:
        return False
    return request is None or _count(_address_key(request), ADDRESS_TRIES) <= ADDRESS_TRIES


def succeeded(request: HttpRequest | None, login: str) -> None:
    """The try was right: the account's count begins anew, and the address has one less."""
    cache.delete(_name_key(login))
    if request is not None:
        try:
            cache.decr(_address_key(request))
        except ValueError:  # forgotten meanwhile
            return


def _count(key: str, limit: int) -> int:
    """The tries so far; forgotten LOCK_SECONDS after the first, and those at the limit after the last that counted."""
    cache.add(key, 0, LOCK_SECONDS)
    try:
        tries = cache.incr(key)
    except ValueError:  # it ended in between
        cache.set(key, 1, LOCK_SECONDS)
        return 1
    if tries == limit:
        cache.touch(key, LOCK_SECONDS)
    return tries


def _name_key(login: str) -> str:
    return "login-name-" + hashlib.sha256(login.casefold().encode(errors="replace")).hexdigest()


def _address_key(request: HttpRequest) -> str:
    """Over https a proxy is in front, which adds the client's address to the end of the list."""
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")) if settings.HTTPS else ""
    address = forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))
    return "login-address-" + hashlib.sha256(address.encode(errors="replace")).hexdigest()
