"""Two texts beside each other, with what differs marked."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

# A number or a word as a whole, a run of white space, or one character.
_TOKEN = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\w+|\s+|.", re.IGNORECASE | re.DOTALL)
# Beyond this the comparison would hold the page up.
_MAX_TOKENS = 800

Marked = list[tuple[str, bool]]


def mark(came: str, expected: str) -> tuple[Marked, Marked]:
    """Each text in pieces, with whether the piece differs from the other text."""
    one, other = _TOKEN.findall(came), _TOKEN.findall(expected)
    if len(one) > _MAX_TOKENS or len(other) > _MAX_TOKENS:
        return [(came, False)], [(expected, False)]
    left: Marked = []
    right: Marked = []
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        differs = tag != "equal"
        left += [("".join(one[a:b]), differs)] if b > a else []
        right += [("".join(other[c:d]), differs)] if d > c else []
    return left, right
