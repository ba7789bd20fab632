"""Covers drawn from a course's slug: the same slug always gives the same picture, and nothing is stored.

Only SVG attributes, no style: a strict content security policy lets them through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import dist, sin
from typing import TypeVar

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 320, 144

ART_SIDE = 264
_CELL, _PITCH = 24, 28

# So many pictures, some 5 KB each, stay drawn: a page shows twelve of them.
_KEPT = 500

# Points closer than this are joined.
_NEAR = 46

_T = TypeVar("_T")


@dataclass(frozen=True)
class Palette:
    ground: str
    strong: str
    soft: str
    accent: str


CELADON = Palette(ground="#12403d", strong="#2b8577", soft="#9fd9c4", accent="#f08a4b")
PERSIMMON = Palette(ground="#f3e7d6", strong="#c9592b", soft="#e9a873", accent="#17685d")
MIST = Palette(ground="#dfe9ee", strong="#2f6583", soft="#8fb4c6", accent="#f08a4b")
MINT = Palette(ground="#dcefe6", strong="#17685d", soft="#7fbfa9", accent="#e0743a")
INK = Palette(ground="#1d2f3d", strong="#4b7f9c", soft="#a9cbdc", accent="#f0a04b")


class _Dice:
    """An endless sequence of numbers from 0 to 1 that a text decides, the same on every machine."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._throws = 0

    def __call__(self, low: float = 0.0, high: float = 1.0) -> float:
        self._throws += 1
        digest = hashlib.sha256(f"{self._text}:{self._throws}".encode()).digest()
        return low + (high - low) * int.from_bytes(digest[:4]) / 2**32

    def pick(self, choices: tuple[_T, ...]) -> _T:
        return choices[int(self(0, len(choices)))]


@lru_cache(_KEPT)
def cover_svg(slug: str, *, title: str = "") -> SafeString:
    """An abstract picture, 320 × 144 units, class `cover`; with a title it is an image, else decoration."""
    dice = _Dice(slug)
    family, palettes = dice.pick(_FAMILIES)
    palette = dice.pick(palettes)
    ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{palette.ground}"/>'
    label = f'role="img" aria-label="{escape(title)}"' if title else 'aria-hidden="true"'
    return mark_safe(  # noqa: S308 - numbers and our own colours; the title is escaped
        f'<svg class="cover" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMidYMid slice" {label}>'
        f"{ground}{family(dice, palette)}</svg>"
    )


@lru_cache(_KEPT)
def art_svg(slug: str) -> SafeString:
    """A square of cells for the dark head of a page, class `art`, always decoration."""
    dice = _Dice(f"{slug}:art")
    side = range(ART_SIDE // _PITCH)
    cells = "".join(_art_cell(column, row, dice) for row in side for column in side)
    return mark_safe(  # noqa: S308 - numbers and our own colours
        f'<svg class="art" viewBox="0 0 {ART_SIDE} {ART_SIDE}" aria-hidden="true">{cells}</svg>'
    )


def _art_cell(column: int, row: int, dice: _Dice) -> str:
    """Bright along the diagonal, fading below it, empty above: how attention looks back."""
    x, y = 6 + column * _PITCH, 6 + row * _PITCH
    place = f'x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" rx="7"'
    chance, light = dice(), dice(0.86, 1.0)
    if column > row:
        return f'<rect {place} fill="none" stroke="#3d5a5e" stroke-width="1.2"/>'
    if chance < 0.06:  # noqa: PLR2004 - about three sparks in a picture
        return f'<rect {place} fill="#f5965a"/>'
    opacity = max(0.2, light - 0.17 * (row - column))
    return f'<rect {place} fill="#79f0cd" opacity="{opacity:.2f}"/>'


def _rings(dice: _Dice, palette: Palette) -> str:
    x, y = dice(40, 290), dice.pick((152.0, -8.0, 120.0))
    shapes = []
    for step in range(9):
        colour = palette.soft if step % 2 else palette.strong
        width = dice.pick((5, 11, 11))
        shapes.append(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{26 + 25 * step}" fill="none" stroke="{colour}" '
            f'stroke-width="{width}" opacity="{0.95 - 0.07 * step:.2f}"/>'
        )
    far_x = x - 166 if x > WIDTH / 2 else x + 166
    shapes += [
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="17" fill="{palette.accent}"/>',
        f'<circle cx="{far_x:.0f}" cy="{dice(36, 104):.0f}" r="13" fill="{palette.accent}"/>',
    ]
    return "".join(shapes)


def _network(dice: _Dice, palette: Palette) -> str:
    points = [(dice(12, WIDTH - 12), dice(14, HEIGHT - 14)) for _point in range(26)]
    near = [(a, b) for a, b in combinations(points, 2) if dist(a, b) < _NEAR]
    lines = "".join(f"M{a[0]:.0f} {a[1]:.0f}L{b[0]:.0f} {b[1]:.0f}" for a, b in near)
    dots = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{dice.pick((3.0, 4.5, 4.5, 7.0))}" '
        f'fill="{palette.accent if index % 7 == 0 else palette.soft}"/>'
        for index, (x, y) in enumerate(points)
    )
    return f'<path d="{lines}" stroke="{palette.strong}" stroke-width="1.5" opacity="0.8"/>{dots}'


def _bars(dice: _Dice, palette: Palette) -> str:
    speed, phase, strength = dice(0.5, 0.9), dice(0, 6), dice(26, 38)
    shapes = []
    for index in range(20):
        height = 66 + strength * sin(speed * index + phase) + dice(-9, 9)
        chance = dice()
        colour = palette.accent if chance < 0.1 else palette.strong if chance < 0.4 else palette.soft  # noqa: PLR2004
        place = f'x="{8 + 15.4 * index:.1f}" y="{HEIGHT + 8 - height:.1f}"'
        shapes.append(f'<rect {place} width="9.5" height="{height:.1f}" rx="4.7" fill="{colour}"/>')
    return "".join(shapes)


def _grid(dice: _Dice, palette: Palette) -> str:
    centre, pitch = (dice(60, 260), dice(30, 110)), 24
    colour = palette.soft if palette in {CELADON, INK} else palette.strong
    shapes = []
    for y in range(3, HEIGHT, pitch):
        for x in range(6, WIDTH - 10, pitch):
            light = max(0.14, 1 - dist((x, y), centre) / 150) * dice(0.72, 1)
            spark = dice() < 0.035  # noqa: PLR2004 - two or three in a picture
            paint = f'fill="{palette.accent}"' if spark else f'fill="{colour}" opacity="{light:.2f}"'
            shapes.append(f'<rect x="{x}" y="{y}" width="19" height="19" rx="6" {paint}/>')
    return "".join(shapes)


Family = Callable[[_Dice, Palette], str]

# Thin lines want a dark ground; broad shapes look well on both.
_FAMILIES: tuple[tuple[Family, tuple[Palette, ...]], ...] = (
    (_rings, (PERSIMMON, MINT, INK)),
    (_network, (CELADON, INK)),
    (_bars, (MIST, PERSIMMON, MINT)),
    (_grid, (MINT, CELADON, MIST)),
)
