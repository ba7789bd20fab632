"""In which language and by which clock somebody reads: their own choice, else their affiliate's."""

from __future__ import annotations

import contextlib
import zoneinfo
from collections import Counter
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.utils import timezone, translation

from people.models import OrganizationUnit, User
from people.models.accounts import time_zones
from records.moments import place


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


def language_name(code: str) -> str:
    """In the reader's language."""
    try:
        return str(translation.get_language_info(code)["name_translated"])
    except KeyError:
        return code


def language_choices() -> list[tuple[str, str]]:
    """For whoever chooses for others; who chooses for themselves reads each in itself: `settings.LANGUAGES`."""
    return [(code, language_name(code)) for code, _name in settings.LANGUAGES]


def zone_choices() -> list[tuple[str, str]]:
    """`time_zones()` by what the reader calls their cities; two of one name have the zone's name as well."""
    named = {zone: place(zone) for zone in time_zones()}
    often = Counter(named.values())
    labels = {
        zone: f"{name} · {zone.replace('_', ' ')}" if often[name] > 1 else name
        for zone, name in named.items()
    }
    return sorted(labels.items(), key=lambda choice: choice[1])


@contextlib.contextmanager
def as_read_by(user: User | None, *, asked: Iterable[str] = ()) -> Iterator[None]:
    """Within it sentences and times are those of `user`: for a page, a mail, a file to download."""
    with translation.override(language_of(user, asked=asked)), timezone.override(zone_of(user)):
        yield


def _affiliate(user: User | None) -> OrganizationUnit | None:
    person = getattr(user, "person", None)
    return person.affiliate if person else None
