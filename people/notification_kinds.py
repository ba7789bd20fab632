"""The kinds of notification that there are: apps register theirs in `AppConfig.ready()`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NotificationKind:
    """`label` says to people what the notifications are about, `icon` is one of assets/icons.json.

    `mailed`: whether they also come by mail as long as the person chose nothing. Nobody can choose against
    those that are `always_mailed`: whoever takes over an account must not silence its owner.
    """

    name: str
    label: Any
    icon: str
    mailed: bool = True
    always_mailed: bool = False


_kinds: dict[str, NotificationKind] = {}


def register(*kinds: NotificationKind) -> None:
    _kinds.update((kind.name, kind) for kind in kinds)


def kind_named(name: str) -> NotificationKind:
    """Raises KeyError for a kind that no app registered."""
    return _kinds[name]


def known_kinds() -> list[NotificationKind]:
    """In the order of the apps, the lower ones first."""
    return list(_kinds.values())


def icon_of(name: str) -> str:
    """Rows may outlive their kind."""
    return _kinds[name].icon if name in _kinds else "bell"
