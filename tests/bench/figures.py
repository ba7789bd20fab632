from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured number; `goal` is a sentence such as "≤ 60 s", empty where none was set."""

    name: str
    value: float
    unit: str
    goal: str = ""

    def as_row(self) -> dict[str, Any]:
        return asdict(self) | {"value": round(self.value, 3)}
