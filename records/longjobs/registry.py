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
    """`parts` is the folder of artifacts, if any, for what its jobs keep until they end, under `key_of` it."""

    name: str
    label: str | Promise
    run: Callable[[LongWork], None]
    parts: str = ""


kinds: dict[str, JobKind] = {}


def register(kind: str, *, label: str | Promise, run: Callable[[LongWork], None], parts: str = "") -> None:
    """Have jobs of `kind` done by `run`; people read `label`. The same kind again replaces the first one."""
    kinds[kind] = JobKind(kind, label, run, parts)


def label_of(kind: str) -> str:
    """What people call the kind; its bare name where no app knows it any more."""
    return str(kinds[kind].label) if kind in kinds else kind
