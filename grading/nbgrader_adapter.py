"""nbgrader as a library: its validation, its preprocessors and its scoring, without its database.

With `autotests` the only importer of nbgrader, which takes seconds and 92 MB to import: trusted workers and
commands import this module, the web never does.
"""

from __future__ import annotations

import copy
import json
import logging
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode, from_dict
from nbgrader import utils
from nbgrader.nbgraderformat import MetadataValidator, SchemaTooNewError, SchemaTooOldError, ValidationError
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)
from traitlets.config import Config

from grading.autotests import AutotestError, has_autotests, instantiate
from grading.notebook import MAX_BYTES, MAX_NAME, Notebook, grade_id, is_graded, is_graded_by_hand

_TO_MASTER = (LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, ComputeChecksums)
_TO_RELEASED = (ClearHiddenTests, ClearMarkScheme, ComputeChecksums, CheckCellMetadata)

logging.getLogger("traitlets").setLevel(logging.ERROR)  # nbgrader tells of every cell it touches


class AuthorError(Exception):
    """An instructor's notebook that cannot become an exercise; the message says why and where."""


@dataclass(frozen=True)
class Release:
    """What an instructor's notebook becomes: what we grade from, and what learners get."""

    master: Notebook
    released: Notebook
    max_points: float


def release(source: bytes, *, autotests: str | None = None) -> Release:
    """The MASTER (solutions removed, tests kept) and the learner's version of an instructor's notebook.

    `autotests` is the text of the course's autotests.yml, None: ours. Notebooks with autotest lines run in the
    sandbox. Raises AuthorError where nbgrader's rules are broken.
    """
    notebook = _read(source)
    _validate(notebook)
    if has_autotests(notebook):
        try:
            notebook = instantiate(notebook, autotests)
        except AutotestError as error:
            raise AuthorError(str(error)) from error
    master = _through(_TO_MASTER, notebook)
    released = _through(_TO_RELEASED, master)
    graded = [cell for cell in master.cells if utils.is_grade(cell) or utils.is_task(cell)]
    released.metadata.pop("lms", None)  # its hints belong to those who tried
    points = math.fsum(float(cell.metadata.nbgrader.get("points", 0)) for cell in graded)
    return Release(_plain(master), _plain(released), points)


def _read(source: bytes) -> NotebookNode:
    if len(source) > MAX_BYTES:
        raise AuthorError("the notebook is larger than 10 MB; clear its outputs")
    try:
        notebook: NotebookNode = nbformat.reads(source.decode("utf-8-sig"), as_version=4)
        MetadataValidator().upgrade_notebook_metadata(notebook)
    except (ValueError, AttributeError, TypeError, KeyError, nbformat.validator.ValidationError) as error:
        raise AuthorError(f"not a readable notebook: {error}") from error
    return notebook


def _validate(notebook: NotebookNode) -> None:
    try:
        MetadataValidator().validate_nb(notebook)
    except (ValidationError, SchemaTooOldError, SchemaTooNewError) as error:
        raise AuthorError(f"nbgrader's metadata is not valid: {getattr(error, 'message', error)}") from error
    names = Counter(
        cell.metadata.nbgrader.get("grade_id") for cell in notebook.cells if "nbgrader" in cell.metadata
    )
    repeated = sorted(str(name) for name, count in names.items() if name and count > 1)
    if repeated:
        raise AuthorError(f"several cells have the grade_id {', '.join(repeated)}; each needs its own")
    if too_long := [name for name in names if name and len(name) > MAX_NAME]:
        raise AuthorError(f"the grade_id {too_long[0][:40]}… is longer than {MAX_NAME} characters")
    if not any(utils.is_grade(cell) or utils.is_task(cell) for cell in notebook.cells):
        raise AuthorError("no cell is graded; mark at least one test or answer with points")


def _through(preprocessors: tuple[type[Any], ...], notebook: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(notebook)  # preprocessors change what they get
    resources: dict[str, Any] = {}
    for preprocessor in preprocessors:
        try:
            notebook, resources = preprocessor(config=Config()).preprocess(notebook, resources)
        except (RuntimeError, ValueError, KeyError) as error:
            raise AuthorError(f"{preprocessor.__name__}: {error}") from error
    return notebook


def _plain(notebook: NotebookNode) -> Notebook:
    plain: Notebook = json.loads(nbformat.writes(notebook, version=4))
    for cell in plain["cells"]:
        if isinstance(cell["source"], list):
            cell["source"] = "".join(cell["source"])
    return plain


@dataclass(frozen=True)
class CellScore:
    """nbgrader's verdict on one graded cell; `points` None: it waits for a person."""

    name: str
    points: float | None
    max_points: float
    out_of_range: bool = False


def score(executed: Notebook) -> list[CellScore]:
    """Nbgrader's own scores of a rebuilt and executed notebook, in the order of its cells.

    What nbgrader would raise on, or let through as full marks (a partial score that is not finite,
    negative or above the maximum), earns nothing here and is marked `out_of_range`.
    """
    return [_cell_score(cell) for cell in executed["cells"] if is_graded(cell)]


def _cell_score(plain: dict[str, Any]) -> CellScore:
    cell = from_dict(plain)
    name, max_points = grade_id(plain), float(plain["metadata"]["nbgrader"]["points"])
    if utils.is_task(cell):
        return CellScore(name, None, max_points)
    # A cell that is answered and graded by hand runs learners' code: what it prints is no score.
    partial = None if is_graded_by_hand(plain) else _partial_text(plain)
    if partial is not None and not 0 <= partial <= max_points:  # also false for NaN
        return CellScore(name, 0.0, max_points, out_of_range=True)
    points, max_points = utils.determine_grade(cell)
    return CellScore(name, points, max_points)


def _partial_text(plain: dict[str, Any]) -> float | None:
    """The number that the first result of a test cell prints, if it is one: nbgrader's partial credit."""
    for output in plain.get("outputs", ()):
        if output["output_type"] == "execute_result":
            try:
                return float(output["data"].get("text/plain", ""))
            except ValueError:
                return None
    return None
