"""The kinds of long work that the apps registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise

if TYPE_CHECKING:
    from records.longjobs.work import LongWork


@dataclass(frozen=True)
class JobKind:
    name: str
    label: str | Promise
    run: Callable[[LongWork], None]


kinds: dict[str, JobKind] = {}


def register(kind: str, *, label: str | Promise, run: Callable[[LongWork], None]) -> None:
    """Have jobs of `kind` done by `run`; people read `label`. The same kind again replaces the first one."""
    kinds[kind] = JobKind(kind, label, run)


def label_of(kind: str) -> str:
    """What people call the kind; its bare name where no app knows it any more."""
    return str(kinds[kind].label) if kind in kinds else kind
