"""What audit events mean in words. Apps register their actions, fields and objects in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models


@dataclass(frozen=True)
class Action:
    """`label` names it in a filter; `sentence` has the places {actor}, {subject} and {object}."""

    label: Any
    sentence: Any
    icon: str = "circle-dot"


@dataclass(frozen=True)
class Field:
    """One entry of an event's before and after: its label, and whose name or word stands for its values."""

    label: Any
    names: str = ""  # a registered object type: the values are ids of such rows
    words: Mapping[str, Any] = field(default_factory=dict)
    said: Callable[[Any], str] = str  # how a value that has no word is written


@dataclass(frozen=True)
class ObjectType:
    """`name` is the path from the model to a translated text that names a row."""

    label: Any
    model: type[models.Model]
    name: str


actions: dict[str, Action] = {}
fields: dict[str, Field] = {}
object_types: dict[str, ObjectType] = {}


def register_actions(**named: Action) -> None:
    """By action, two underscores for its dot: `role__give`."""
    actions.update((name.replace("__", "."), action) for name, action in named.items())


def register_fields(**named: Field) -> None:
    """By the name in the event; `action__name` (with its dot as two underscores) where actions differ."""
    fields.update((name.replace("__", "."), found) for name, found in named.items())


def register_objects(*types: ObjectType) -> None:
    object_types.update((found.model._meta.label, found) for found in types)  # noqa: SLF001 - public by its docs


def field_of(action: str, name: str) -> Field:
    """A field that no app registered is called by its name."""
    return fields.get(f"{action}.{name}") or fields.get(name) or Field(name)
