"""The organization as rows to draw: nested, with how many people work in and below each unit."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from people.models import OrganizationUnit, Person
from people.models.organization import OrganizationUnitQuerySet

# More than this is drawn only down to the affiliates; each opens on its own page.
DRAWN = 600
# So few are drawn open, with nothing to unfold.
OPEN = 40


@dataclass
class Node:
    """`closes` counts the levels that end after this row, so that a template draws nesting without recursion."""

    unit: OrganizationUnit
    people: int
    has_children: bool
    is_open: bool
    closes: int = 0

    @property
    def levels_closed(self) -> range:
        return range(self.closes)


def tree_of(units: OrganizationUnitQuerySet) -> tuple[list[Node], bool]:
    """The units in drawing order, and whether departments were left out since there are too many of them."""
    rows = list(units.order_by("path")[: DRAWN + 1])
    is_cut = len(rows) > DRAWN
    if is_cut:
        rows = list(units.exclude(kind=OrganizationUnit.Kind.DEPARTMENT).order_by("path"))
    return _nodes(rows, people_by_unit(units)), is_cut


def people_by_unit(units: OrganizationUnitQuerySet) -> Counter[uuid.UUID]:
    """Who works in the unit itself or below, for each unit of the queryset."""
    working = Person.objects.filter(unit__in=units.values("pk")).values_list("unit")
    direct = dict(working.annotate(number=Count("pk")))
    counts: Counter[uuid.UUID] = Counter()
    for pk, path in units.values_list("pk", "path"):
        for above in path if pk in direct else ():
            counts[above] += direct[pk]
    return counts


def _nodes(rows: Sequence[OrganizationUnit], counts: Counter[uuid.UUID]) -> list[Node]:
    top = min((len(row.path) for row in rows), default=0)
    nodes = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        depth = len(row.path)
        next_depth = len(following.path) if following else top
        has_children = next_depth > depth
        is_open = depth == top or len(rows) <= OPEN
        nodes.append(Node(row, counts[row.pk], has_children, is_open, max(depth - next_depth, 0)))
    return nodes
