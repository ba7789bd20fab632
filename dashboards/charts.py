"""Charts as geometry: numbers in, places out. templates/charts/ draws them, and a table always says the same.

Along a chart places are percent of its width, across it pixels, so that any width fits and text is never scaled.
Every drawn number is text already: templates put nothing through a locale again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.formats import number_format

HEIGHT, TOP, BOTTOM = 220, 20, 192
# More series than this nobody can tell apart by dash or pattern.
MAX_SERIES = 5
_VALUES, _MARKS = 14, 31
# The narrowest plot, on a phone, and the room that a label of its axis needs around it.
_PHONE, _ROOM = 290, 14


@dataclass(frozen=True)
class Series:
    """One line, or one layer of a stack. None: not known; a line has a gap there."""

    label: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """Series over the same labels. `key` is unique on the page; `unit` writes a number, as in "%s people"."""

    key: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    unit: str = "%s"
    decimals: int = 0

    def __post_init__(self) -> None:
        if len(self.series) > MAX_SERIES:
            raise ValueError(f"{len(self.series)} series; a chart shows {MAX_SERIES} at most")
        if any(len(series.values) != len(self.labels) for series in self.series):
            raise ValueError("each series needs a value, or None, for each label")

    @property
    def is_empty(self) -> bool:
        return not any(value is not None for series in self.series for value in series.values)

    def text(self, value: float | None) -> str:
        return "–" if value is None else written(value, self.unit, self.decimals)

    def rows(self) -> list[tuple[str, list[str]]]:
        """The table twin: a label and its value in each series."""
        columns = zip(*(series.values for series in self.series), strict=True) if self.series else iter(())
        return [
            (label, [self.text(value) for value in values])
            for label, values in zip(self.labels, columns, strict=True)
        ]


@dataclass(frozen=True)
class Tick:
    y: str
    text: str


@dataclass(frozen=True)
class AxisLabel:
    x: str
    text: str
    anchor: str


@dataclass(frozen=True)
class Mark:
    """A point of a line, or a rectangle; `title` is what it says in words."""

    x: str
    y: str
    width: str = ""
    height: str = ""
    title: str = ""

    @property
    def anchor(self) -> str:
        """How a text stands here without leaving the plot."""
        return "end" if float(self.x) > 90 else "middle"  # noqa: PLR2004


@dataclass(frozen=True)
class Drawn:
    """One series: `path` in a box of 100 by HEIGHT that is stretched to the width."""

    number: int
    label: str
    path: str
    marks: list[Mark]
    end: Mark | None = None


@dataclass(frozen=True)
class Drawing:
    """`gutter`: pixels that the tick texts need, left of the plot."""

    gutter: int
    ticks: list[Tick]
    labels: list[AxisLabel]
    series: list[Drawn]
    totals: list[Mark]
    zero: str


def written(value: float, unit: str = "%s", decimals: int = 0) -> str:
    """A number with its unit, in the reader's way of writing numbers."""
    number = number_format(round(value, decimals), decimal_pos=decimals, use_l10n=True, force_grouping=True)
    return unit % number.replace("-", "−")


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About `count` round steps that hold all of low to high; at least two, also for one value."""
    if low == high:
        low, high = (low - 1, high + 1) if low else (0.0, 1.0)
    rough = (high - low) / count
    scale = 10 ** math.floor(math.log10(rough))
    step = next(scale * factor for factor in (1, 2, 2.5, 5, 10) if scale * factor >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def line(chart: Chart) -> Drawing:
    """Lines over time. The axis begins at zero unless all values are far from it."""
    known = [value for series in chart.series for value in series.values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    steps = ticks(min(low, 0) if low < high / 2 else low, max(high, 0) if high < 0 < low else high)
    count = len(chart.labels)
    places = [50.0 if count == 1 else 3 + 94 * index / (count - 1) for index in range(count)]
    drawn = [_line(chart, number, series, places, steps) for number, series in enumerate(chart.series, 1)]
    return Drawing(*_ticks(chart, steps), _axis(chart.labels, places), drawn, [], "")


def columns(chart: Chart) -> Drawing:
    """Columns; those of several series stand on each other, negative values hang from zero."""
    sums = [_sums(values) for values in _columns(chart)]
    steps = ticks(min((low for low, _high in sums), default=0), max((high for _low, high in sums), default=0))
    count = max(len(chart.labels), 1)
    places = [100 * (index + 0.5) / count for index in range(len(chart.labels))]
    width = min(70 / count, 12)
    layers = _stack(chart, places, width, steps)
    totals = []
    if len(chart.labels) <= _VALUES:
        totals = [
            Mark(_n(place), _n(_y(high or low, steps) + (-6 if high or not low else 16)), title=text)
            for place, (low, high), text in zip(places, sums, _totals(chart), strict=True)
        ]
    zero = _n(_y(0, steps))
    return Drawing(*_ticks(chart, steps), _axis(chart.labels, places), layers, totals, zero)


def sparkline(values: Sequence[float | None]) -> Drawn:
    """A line without axes in a box of 100 by 24; its last point is marked."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    span = (high - low) or 1.0
    count = len(values)
    points = [
        None if value is None else (4 + 92 * index / max(count - 1, 1), 21 - 18 * (value - low) / span)
        for index, value in enumerate(values)
    ]
    ends = [Mark(_n(point[0]), _n(point[1])) for point in points if point][-1:]
    return Drawn(1, "", _path(points), ends)


def _line(
    chart: Chart, number: int, series: Series, places: Sequence[float], steps: Sequence[float]
) -> Drawn:
    points = [
        None if value is None else (place, _y(value, steps))
        for place, value in zip(places, series.values, strict=True)
    ]
    marks = [
        Mark(_n(point[0]), _n(point[1]), title=f"{label}: {chart.text(value)}")
        for point, label, value in zip(points, chart.labels, series.values, strict=True)
        if point
    ]
    end = None
    if marks:
        last = next(value for value in reversed(series.values) if value is not None)
        below = _is_below(chart, series)
        end = Mark(marks[-1].x, _n(float(marks[-1].y) + (22 if below else -9)), title=chart.text(last))
    # Many points would hide their line; one that stands alone has no line to be seen by.
    shown = marks if len(marks) <= _MARKS else [*_lonely(points, marks), marks[-1]]
    return Drawn(number, series.label, _path(points), shown, end)


def _is_below(chart: Chart, series: Series) -> bool:
    """Whether another line passes above the end of this one, so that the number goes under it."""
    index = max(index for index, value in enumerate(series.values) if value is not None)
    value = series.values[index] or 0
    return any((other.values[index] or value) > value for other in chart.series)


def _lonely(points: Sequence[tuple[float, float] | None], marks: Sequence[Mark]) -> list[Mark]:
    known = [index for index, point in enumerate(points) if point]
    around = {index for index in known if index - 1 in known or index + 1 in known}
    return [mark for index, mark in zip(known, marks, strict=True) if index not in around]


def _stack(chart: Chart, places: Sequence[float], width: float, steps: Sequence[float]) -> list[Drawn]:
    above, below = [0.0] * len(places), [0.0] * len(places)
    layers = []
    for number, series in enumerate(chart.series, 1):
        marks = []
        for index, value in enumerate(series.values):
            if not value:
                continue
            heap = above if value > 0 else below
            edges = sorted((_y(heap[index], steps), _y(heap[index] + value, steps)))
            heap[index] += value
            title = f"{chart.labels[index]}, {series.label}: {chart.text(value)}"
            left, height = places[index] - width / 2, max(edges[1] - edges[0], 1)
            marks.append(Mark(_n(left), _n(edges[0]), _n(width), _n(height), title))
        layers.append(Drawn(number, series.label, "", marks))
    return layers


def _columns(chart: Chart) -> Iterator[tuple[float | None, ...]]:
    return zip(*(series.values for series in chart.series), strict=True) if chart.series else iter(())


def _sums(values: Iterable[float | None]) -> tuple[float, float]:
    known = [value for value in values if value is not None]
    return sum(value for value in known if value < 0), sum(value for value in known if value > 0)


def _totals(chart: Chart) -> list[str]:
    sums = [[value for value in values if value is not None] for values in _columns(chart)]
    return [written(sum(known), "%s", chart.decimals) if known else "–" for known in sums]


def _ticks(chart: Chart, steps: Sequence[float]) -> tuple[int, list[Tick]]:
    decimals = len(f"{steps[1] - steps[0]:.10f}".rstrip("0").partition(".")[2])
    drawn = [Tick(_n(_y(step, steps)), written(step, chart.unit, decimals)) for step in steps]
    return max(_width(tick.text) for tick in drawn) + 10, drawn


def _width(text: str) -> int:
    """About how many pixels a text of 11.5 px takes; Hangul is as wide as it is high."""
    return math.ceil(sum(11.5 if ord(character) > 0x1100 else 6.6 for character in text))  # noqa: PLR2004


def _axis(labels: Sequence[str], places: Sequence[float]) -> list[AxisLabel]:
    """Not more labels than fit side by side on a phone; the last one always."""
    widest = max(map(_width, labels), default=0)
    every = max(1, math.ceil(len(labels) * (widest + _ROOM) / _PHONE))
    last = len(labels) - 1
    shown = [index for index in range(len(labels)) if (last - index) % every == 0]
    return [AxisLabel(_n(places[index]), labels[index], _anchor(places[index])) for index in shown]


def _anchor(place: float) -> str:
    return "start" if place < 5 else "end" if place > 95 else "middle"  # noqa: PLR2004


def _path(points: Iterable[tuple[float, float] | None]) -> str:
    runs = [list(run) for known, run in groupby(points, key=lambda point: point is not None) if known]
    return " ".join(
        "M" + " L".join(f"{_n(point[0])} {_n(point[1])}" for point in run if point)
        for run in runs
        if len(run) > 1
    )


def _y(value: float, steps: Sequence[float]) -> float:
    return BOTTOM - (BOTTOM - TOP) * (value - steps[0]) / (steps[-1] - steps[0])


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
