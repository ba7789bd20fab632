"""Charts that are tables themselves, with a picture in one of their cells: bars, funnel, heat grid.

Places are percent of that cell's width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.charts import written

LEVELS = 5


@dataclass(frozen=True)
class Bar:
    """`target` is a mark on the same scale; `detail` stands under the label, such as a sample size."""

    label: str
    value: float | None
    target: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class BarChart:
    """`unit` writes a number, as in "%s people". `labels`: what the rows are and what is measured."""

    title: str
    labels: tuple[str, str]
    bars: Sequence[Bar]
    unit: str = "%s"
    decimals: int = 0


@dataclass(frozen=True)
class DrawnBar:
    label: str
    detail: str
    text: str
    target_text: str
    start: str
    width: str
    target: str
    is_reached: bool


@dataclass(frozen=True)
class Step:
    label: str
    value: float


@dataclass(frozen=True)
class FunnelChart:
    """Steps in their order; nobody is in a step who was not in the one before."""

    title: str
    labels: tuple[str, str]
    steps: Sequence[Step]
    unit: str = "%s"


@dataclass(frozen=True)
class DrawnStep:
    label: str
    text: str
    start: str
    width: str
    of_first: int
    of_previous: int | None


@dataclass(frozen=True)
class HeatChart:
    """Values of rows by columns; None where the two have nothing to do with each other."""

    title: str
    corner: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[float | None]]]
    unit: str = "%s"
    decimals: int = 0


@dataclass(frozen=True)
class HeatCell:
    text: str
    level: int  # 1 (lowest) to LEVELS; 0: not applicable


def bars(chart: BarChart) -> list[DrawnBar]:
    """All bars on one scale that holds zero, every value and every target."""
    numbers = [number for bar in chart.bars for number in (bar.value, bar.target) if number is not None]
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    span = (high - low) or 1.0

    def place(number: float) -> float:
        return 100 * (number - low) / span

    def text(number: float | None) -> str:
        return "–" if number is None else written(number, chart.unit, chart.decimals)

    return [
        DrawnBar(
            bar.label,
            bar.detail,
            text(bar.value),
            text(bar.target) if bar.target is not None else "",
            _n(place(min(bar.value or 0.0, 0.0))),
            _n(100 * abs(bar.value or 0.0) / span),
            _n(place(bar.target)) if bar.target is not None else "",
            bar.target is not None and bar.value is not None and bar.value >= bar.target,
        )
        for bar in chart.bars
    ]


def funnel(chart: FunnelChart) -> list[DrawnStep]:
    first = chart.steps[0].value if chart.steps else 0.0
    drawn = []
    previous: float | None = None
    for step in chart.steps:
        share = step.value / first if first else 0.0
        of_previous = None if previous is None else round(100 * step.value / previous) if previous else 0
        drawn.append(
            DrawnStep(
                step.label,
                written(step.value, chart.unit),
                _n(50 - 50 * min(share, 1.0)),
                _n(100 * min(share, 1.0)),
                round(100 * share),
                of_previous,
            )
        )
        previous = step.value
    return drawn


def heat(chart: HeatChart) -> list[tuple[str, list[HeatCell]]]:
    """Each value's level between the lowest and the highest; a grid of one value is of the middle level."""
    known = [value for _label, values in chart.rows for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)

    def cell(value: float | None) -> HeatCell:
        if value is None:
            return HeatCell("–", 0)
        share = (value - low) / (high - low) if high > low else 0.5
        return HeatCell(written(value, chart.unit, chart.decimals), min(LEVELS, 1 + int(share * LEVELS)))

    return [(label, [cell(value) for value in values]) for label, values in chart.rows]


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
