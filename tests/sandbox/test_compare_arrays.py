"""Arrays, frames and series, compared in the environment that has them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

SETUP = """
import sys
sys.path.insert(0, "/opt/runner")
import numpy as np, pandas as pd
from sandbox.inside.compare import Tolerance, difference
near = Tolerance(relative=1e-9, absolute=1e-12, numbers=True)
def told(*values, how=near):
    found = difference(*values, how)
    return found and (found.reason, found.where)
frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("told(np.array([1., 2.]), np.array([1., 2. + 1e-12]))", None),
        ("told(np.array([1., 2.]), np.array([1, 2]))", None),
        ("told(np.array([1., 2.]), np.array([1, 2]), how=Tolerance())", ("type", "")),
        ("told(np.array([1, 0]), np.array([True, False]))", ("type", "")),
        ("told(np.array([1., 2.]), [1., 2.])", ("type", "")),
        ("told(np.zeros((2, 2)), np.zeros(4))", ("shape", "")),
        ("told(np.zeros((2, 3)), np.array([[0, 0, 0], [0, 0, 1.]]))", ("differs", "[1, 2]")),
        ("told(np.zeros(2), np.array([0, np.nan]))", ("nan", "[1]")),
        ("told(np.array([np.nan]), np.array([np.nan]))", ("nan", "[0]")),
        ("told(np.array([np.nan]), np.array([np.nan]), how=Tolerance(nan=True))", None),
        ("told(np.array(['a']), np.array(['b']))", ("differs", "[0]")),
        ("told(np.array([np.inf]), np.array([1.]))", ("differs", "[0]")),
        ("told(1.0, np.float64(1.0))", None),
        ("told(frame, frame.copy())", None),
        ("told(frame, frame[['b', 'a']])", ("columns", "")),
        ("told(frame, frame.assign(b=['x', 'z']))", ("differs", "['b'][1]")),
        ("told(frame, frame.set_index('b', drop=False))", ("index", "")),
        ("told(frame['a'], frame['a'].astype(float), how=Tolerance())", ("type", "")),
        ("told(frame['a'], frame['a'].to_numpy())", ("type", "")),
    ],
)
def test_tables_and_arrays(
    printed: Callable[..., str], expression: str, expected: tuple[str, str] | None
) -> None:
    assert printed(f"{SETUP}\nprint({expression})") == f"{expected}\n"
