"""The cities of the time zones in another language, from CLDR: Babel brings them, and only maintainers need it."""

from __future__ import annotations

import json

from babel import Locale
from babel.core import get_global

from people.models.accounts import time_zones

# What CLDR does not have yet, or calls by a name of old.
_OURS = {
    "ko": {
        "America/Coyhaique": "코이아이케",
        "Asia/Ho_Chi_Minh": "호찌민",
        "Asia/Saigon": "호찌민",
        "Europe/Kiev": "키이우",
        "Europe/Kyiv": "키이우",
    }
}


def cities(language: str) -> str:
    """The text of locale/<language>/cities.json."""
    known = Locale.parse(language).time_zones
    newer = get_global("zone_aliases")  # the old name of a zone: its newer one
    families: dict[str, set[str]] = {}
    for zone in {*newer, *known, *time_zones()}:
        families.setdefault(newer.get(zone, zone), set()).add(zone)
    found = {}
    for zone in time_zones():
        names = [zone, *sorted(families[newer.get(zone, zone)])]
        city = next((known[name]["city"] for name in names if "city" in known.get(name, ())), "")
        found[zone] = _OURS[language].get(zone) or city
    return (
        json.dumps({k: v for k, v in found.items() if v}, ensure_ascii=False, indent=0, sort_keys=True) + "\n"
    )
