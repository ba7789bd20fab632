"""Values as a reader sees them: short, and never the whole of something huge."""

from __future__ import annotations

import reprlib
import sys
from typing import Any

LONGEST = 1500
ROWS = 12


class _Short(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 40
        self.maxstring = self.maxother = 400
        self.maxlong = 80
        self.maxlevel = 6


_short = _Short()


def show(value: Any) -> str:
    """The value as Python writes it, shortened; a table or an array as its library prints it."""
    try:
        text = _of_library(value)
        return cut(_short.repr(value) if text is None else text)
    except Exception:
        return f"<{type(value).__name__}>"


def cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def show_call(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """`name(1, 2, window=3)`."""
    words = [show(value) for value in args] + [f"{key}={show(value)}" for key, value in kwargs.items()]
    line = f"{name}({', '.join(words)})"
    if len(line) <= 88 and "\n" not in line:  # noqa: PLR2004 - a line of code
        return line
    inner = ",\n".join("    " + word.replace("\n", "\n    ") for word in words)
    return cut(f"{name}(\n{inner},\n)")


def _of_library(value: Any) -> str | None:
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(value, numpy.generic):
        return _short.repr(value.item())
    if numpy is not None and isinstance(value, numpy.ndarray):
        text = numpy.array2string(value, threshold=60, edgeitems=4, separator=", ")
        return f"array({text}, dtype={value.dtype}, shape={value.shape})"
    if pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series)):
        return str(value.to_string(max_rows=ROWS))
    return None
