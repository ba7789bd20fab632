"""Moments and days as people say them: in the reader's language, by the reader's clock, and naming it."""

from __future__ import annotations

import datetime
import functools
import json
import zoneinfo
from collections.abc import Mapping

from django.conf import settings
from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.translation import get_language, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from records.figures import number

_WEEKDAYS = (
    pgettext_lazy("weekday, short", "Mon"),
    pgettext_lazy("weekday, short", "Tue"),
    pgettext_lazy("weekday, short", "Wed"),
    pgettext_lazy("weekday, short", "Thu"),
    pgettext_lazy("weekday, short", "Fri"),
    pgettext_lazy("weekday, short", "Sat"),
    pgettext_lazy("weekday, short", "Sun"),
)


def moment(at: datetime.datetime, *, weekday: bool = False) -> str:
    """Such as “Nov 24, 14:46 (Seoul)”; the weekday where somebody must be in time."""
    local = timezone.localtime(at)
    return pgettext("day, time, and the city by whose clock it is", "%(day)s, %(time)s (%(city)s)") % {
        "day": day(local.date(), weekday=weekday),
        "time": f"{local:%H:%M}",
        "city": city(timezone.get_current_timezone_name()),
    }


def day(on: datetime.date, *, weekday: bool = False) -> str:
    """Such as “Nov 24”, with the year where it is not this one. A moment gives the day that the reader has then."""
    on = timezone.localtime(on).date() if isinstance(on, datetime.datetime) else on
    if on.year == timezone.localdate().year:
        text = formatted(on, pgettext("format of a day, see Django's date filter", "M j"))
    else:
        text = formatted(on, pgettext("format of a day with its year, see Django's date filter", "M j, Y"))
    if not weekday:
        return text
    values = {"weekday": _WEEKDAYS[on.weekday()], "day": text}
    return pgettext("a day with its weekday", "%(weekday)s, %(day)s") % values


def ago(at: datetime.datetime) -> str:
    """Such as “3 minutes ago” or “in 2 days”: beside a time, never instead of one."""
    passed = timezone.now() - at
    minutes = abs(passed) // datetime.timedelta(minutes=1)
    if not minutes:
        return _("just now")
    if passed > datetime.timedelta():
        return _past(minutes)
    return _to_come(minutes)


def _past(minutes: int) -> str:
    hours, days = minutes // 60, minutes // 1440
    if days:
        return ngettext("%(count)s day ago", "%(count)s days ago", days) % {"count": number(days)}
    if hours:
        return ngettext("%(count)s hour ago", "%(count)s hours ago", hours) % {"count": hours}
    return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": minutes}


def _to_come(minutes: int) -> str:
    hours, days = minutes // 60, minutes // 1440
    if days:
        return ngettext("in %(count)s day", "in %(count)s days", days) % {"count": number(days)}
    if hours:
        return ngettext("in %(count)s hour", "in %(count)s hours", hours) % {"count": hours}
    return ngettext("in %(count)s minute", "in %(count)s minutes", minutes) % {"count": minutes}


def city(zone: str) -> str:
    """The place that a time zone of the tz database is named after, in the reader's language."""
    known = _cities(get_language() or "").get(zone)
    return known or zone.rsplit("/", maxsplit=1)[-1].replace("_", " ")


def place(zone: str) -> str:
    """Such as “Seoul (UTC+9)”, with today's offset; “UTC” is itself."""
    try:
        offset = datetime.datetime.now(zoneinfo.ZoneInfo(zone)).utcoffset() or datetime.timedelta()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):  # it has left the tz database of a later system
        return city(zone)
    if zone == "UTC":
        return zone
    hours, minutes = divmod(abs(offset) // datetime.timedelta(minutes=1), 60)
    sign = "−" if offset < datetime.timedelta() else "+"
    values = {"city": city(zone), "offset": f"{sign}{hours}" + (f":{minutes:02}" if minutes else "")}
    return pgettext("a city, and how far its clock is from UTC", "%(city)s (UTC%(offset)s)") % values


@functools.cache
def _cities(language: str) -> Mapping[str, str]:
    """From CLDR, by `make messages`. English has none: the zones' own names are English."""
    path = settings.BASE_DIR / "locale" / language / "cities.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return known
