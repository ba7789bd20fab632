"""A course's units as its pages list them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from django.urls import reverse

from courses.kinds import kind_of
from courses.models import Course, Unit
from courses.progress import Progress


def unit_url(course: Course, unit: Unit) -> str:
    return reverse("courses:unit", args=[course.slug, unit.key])


def module_outline(
    course: Course,
    units: Iterable[Unit],
    progress: Progress,
    *,
    current: Unit | None = None,
    linked: bool = True,
) -> list[dict[str, Any]]:
    """Modules with their units, in order; units are links where the reader may open them."""
    modules = []
    for module, members in groupby(units, key=lambda unit: unit.module):
        rows = [_row(course, unit, progress, current=current, linked=linked) for unit in members]
        modules.append(
            {
                "title": module.title,
                "position": module.position,
                "minutes": sum(row["minutes"] for row in rows),
                "done": sum(row["done"] for row in rows),
                "units": rows,
            }
        )
    return modules


def _row(
    course: Course, unit: Unit, progress: Progress, *, current: Unit | None, linked: bool
) -> dict[str, Any]:
    kind = kind_of(unit)
    return {
        "title": unit.title,
        "kind_label": kind.label,
        "icon": kind.icon,
        "badge": kind.badge(unit),
        "minutes": unit.minutes,
        "done": unit.key in progress.completed,
        "current": current is not None and unit.key == current.key,
        "url": unit_url(course, unit) if linked else "",
    }


def time_by_kind(units: Sequence[Unit]) -> list[dict[str, Any]]:
    """Minutes per kind with each kind's share and start in percent, for the bar above an outline."""
    minutes: dict[str, int] = {}
    labels = {}
    for unit in units:
        minutes[unit.kind] = minutes.get(unit.kind, 0) + unit.minutes
        labels[unit.kind] = kind_of(unit).label
    total, start, rows = sum(minutes.values()), 0.0, []
    for kind, amount in sorted(minutes.items(), key=lambda item: -item[1]):
        share = 100 * amount / total
        rows.append({"kind": kind, "label": labels[kind], "minutes": amount, "share": share, "start": start})
        start += share
    return rows
