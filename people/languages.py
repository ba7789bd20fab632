"""In which language and by which clock somebody reads: their own choice, else their affiliate's."""

from __future__ import annotations

import contextlib
import zoneinfo
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.utils import timezone, translation

from people.models import OrganizationUnit, User


def language_of(user: User | None, *, asked: Iterable[str] = ()) -> str:
    """The user's own language, else the first of `asked` that the site speaks, else the affiliate's."""
    home = _affiliate(user)
    for code in (user.language if user else "", *asked, home.locale if home else "", settings.LANGUAGE_CODE):
        with contextlib.suppress(LookupError):
            return translation.get_supported_language_variant(code)
    return settings.LANGUAGE_CODE


def zone_of(user: User | None) -> zoneinfo.ZoneInfo:
    """The user's own time zone, else the affiliate's, else the site's."""
    home = _affiliate(user)
    for name in (user.time_zone if user else "", home.time_zone if home else ""):
        # A zone can leave the tz database of a later system.
        with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError, ValueError):
            return zoneinfo.ZoneInfo(name)
    return zoneinfo.ZoneInfo(settings.TIME_ZONE)


@contextlib.contextmanager
def as_read_by(user: User | None, *, asked: Iterable[str] = ()) -> Iterator[None]:
    """Within it sentences and times are those of `user`: for a page, a mail, a file to download."""
    with translation.override(language_of(user, asked=asked)), timezone.override(zone_of(user)):
        yield


def _affiliate(user: User | None) -> OrganizationUnit | None:
    person = getattr(user, "person", None)
    return person.affiliate if person else None
