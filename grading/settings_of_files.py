"""Settings that the kinds of exercises share, as course files write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from courses import yamlfiles
from grading.feedback import ALL, LEVELS
from sandbox import Limits, SandboxFault, environments


def optional(
    settings: yamlfiles.Fields, name: str, default: int | None, *, maximum: int = 1_000_000
) -> int | None:
    return settings.integer(name, minimum=0, maximum=maximum) if name in settings.values else default


def known_environment(settings: yamlfiles.Fields) -> str:
    """The environment that an exercise names; a fault where there is no such folder in `environments/`."""
    name = settings.key("environment", longest=40)
    try:
        environments.described(name)
    except SandboxFault as error:
        raise settings.error("environment", str(error)) from error
    return name


def limits(settings: yamlfiles.Fields) -> dict[str, float]:
    """What replaces the defaults of `sandbox.Limits`, by its field's name."""
    limits = settings.mapping("limits")
    known = {field.name for field in fields(Limits)}
    if not set(limits) <= known:
        raise settings.error("limits", f"only {', '.join(sorted(known))} can be limited")
    inner = yamlfiles.Fields(settings.path, limits)
    return {name: inner.number(name, minimum=1) for name in limits}


def feedback(settings: yamlfiles.Fields) -> dict[str, str]:
    """One level, or one `before` and one `after` the run closes; everything where nothing is said."""
    value: Any = settings.values.get("feedback", ALL)
    policy = value if isinstance(value, Mapping) else {"before": value, "after": value}
    if set(policy) != {"before", "after"} or not all(level in LEVELS for level in policy.values()):
        levels = ", ".join(LEVELS)
        raise settings.error(
            "feedback", f"one of {levels} is needed, or `before` and `after` with one of them each"
        )
    return {"before": str(policy["before"]), "after": str(policy["after"])}
