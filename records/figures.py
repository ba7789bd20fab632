"""Numbers as people write them: 1,204, 85.3%, 10 MB."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _

_UNITS = ("KB", "MB", "GB", "TB")


def number(value: float, decimals: int = 1) -> str:
    """With thousands separators; at most `decimals` decimals, and none that are zero."""
    rounded = round(value, decimals)
    places = 0 if rounded == int(rounded) else len(f"{rounded:.{decimals}f}".rstrip("0").split(".")[1])
    return number_format(rounded, decimal_pos=places, use_l10n=True, force_grouping=True)


def percent(share: float) -> str:
    """Of a share between 0 and 1. Only a whole is 100%, and only nothing is 0%."""
    value = round(share * 100, 1)
    if 0 < share < 1:
        value = min(max(value, 0.1), 99.9)
    return _("%(number)s%%") % {"number": number(value)}


def size(count: int) -> str:
    """Bytes, in the largest unit that leaves at least one of it; 1 KB has 1,024."""
    if count < 2**10:
        return _("%(number)s bytes") % {"number": number(count)}
    power = min((count.bit_length() - 1) // 10, len(_UNITS))
    return f"{number(count / 2 ** (10 * power))} {_UNITS[power - 1]}"
