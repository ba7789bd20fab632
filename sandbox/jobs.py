"""What goes into a sandbox and what comes out of it: frozen, and as JSON."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

CellStatus = Literal["ok", "error", "timeout", "not_run"]
Program = Literal["cells", "learner", "checker", "script", "served", "checked"]
Start = Literal["warm", "cold"]
ResultStatus = Literal["done", "died", "timeout", "memory", "output"]
Output = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """What a job may use. Beyond a cell's limit the cell fails, beyond a job's the job ends.

    `memory_mb` bounds each process (a MemoryError) and all of them together (the end). `disk_mb` bounds each
    of the two writable folders, the home and /tmp. `output_bytes` is per cell. The clock of `seconds` starts
    when the first cell can run.
    """

    seconds: float = 120.0
    cell_seconds: float = 30.0
    memory_mb: int = 1024
    processes: int = 64
    disk_mb: int = 64
    output_bytes: int = 1_000_000

    def __post_init__(self) -> None:
        wrong = [name for name, value in asdict(self).items() if value <= 0]
        if wrong:
            raise ValueError(f"These limits leave nothing: {', '.join(wrong)}.")


@dataclass(frozen=True)
class Job:
    """What `program` runs: by default the cells, one after the other in one IPython shell; an error in one does
    not stop the next. `settings` is plain JSON for the program.

    `environment` is the folder of a built environment (`environments.find`), `files` maps names below the
    working directory to base64. With `simulator`, `numba.cuda` runs in its interpreter. Raises ValueError for
    a file that would lie outside the working directory or does not fit on the disk.
    """

    environment: str
    cells: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    simulator: bool = False
    limits: Limits = field(default_factory=Limits)
    program: Program = "cells"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not all(isinstance(cell, str) for cell in self.cells):
            raise ValueError("Each cell is a text.")
        if self.program not in get_args(Program):
            raise ValueError(f"There is no program {self.program!r}.")
        size = sum(_decoded_size(name, content) for name, content in self.files.items())
        if size > self.limits.disk_mb << 20:
            raise ValueError(f"The job's files need {size} bytes; its disk has {self.limits.disk_mb} MB.")

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Job:
        """The job that `to_json` wrote; what is left out has its default. Raises ValueError."""
        try:
            facts = json.loads(text)
            limits = Limits(**facts.pop("limits", {}))
            return cls(**{**facts, "cells": tuple(_as_list(facts["cells"])), "limits": limits})
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"This is not a job: {error}") from error


@dataclass(frozen=True)
class CellResult:
    """What one cell did. `outputs` are those of an .ipynb file (format 4); the traceback is plain lines.

    The cell in which the program died, or was ended for its memory or output, has the status "error" and an
    error output that says so. `line` counts from 1 in the cell's own source.
    """

    index: int
    status: CellStatus
    seconds: float
    outputs: tuple[Output, ...] = ()
    line: int | None = None


@dataclass(frozen=True)
class Result:
    """What a job did. "done": every cell had its turn. Otherwise `detail` says in a sentence what ended it.

    `peak_memory_mb` is the highest of samples taken every 50 ms. `start` says whether the sandbox came from a
    process that stood ready.
    """

    status: ResultStatus
    cells: tuple[CellResult, ...]
    seconds: float
    peak_memory_mb: float
    detail: str = ""
    start: Start = "cold"

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Result:
        facts = json.loads(text)
        cells = tuple(CellResult(**{**cell, "outputs": tuple(cell["outputs"])}) for cell in facts["cells"])
        return cls(**{**facts, "cells": cells})


def _as_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("cells must be a list")
    return value


def _decoded_size(name: str, content: str) -> int:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise ValueError(f"{name!r} does not name a file below the working directory.")
    try:
        return len(base64.b64decode(content, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"The content of {name!r} is not base64.") from error
