"""Plain values on their way between two processes: they come out as they went in, or not at all."""

from __future__ import annotations

import collections
import contextlib
import datetime
import decimal
import fractions
import json
import math
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import SandboxFault, environments
from sandbox.inside.values import DEEPEST, MOST_PARTS, CannotCross, Decoder, Encoder, Nonsense

ROOT = Path(__file__).parents[2]


def across(value: Any) -> Any:
    encoder = Encoder()
    tree = json.loads(json.dumps(encoder.tree(value), allow_nan=False))
    return Decoder(encoder.buffers).value(tree)


def shape(value: Any) -> Any:
    """Equal for values that nobody can tell apart."""
    kind = type(value)
    if kind in {set, frozenset}:
        return kind, sorted(map(repr, value))
    if kind in {dict, collections.OrderedDict, collections.Counter}:
        return kind, [(shape(key), shape(item)) for key, item in value.items()]
    if kind in {list, tuple, collections.deque}:
        return kind, [shape(item) for item in value]
    return kind, repr(value)


def drawn(draw: random.Random, depth: int = 0) -> Any:
    """A value of any of the types, however nested."""
    plain: list[Callable[[], Any]] = [
        lambda: None,
        lambda: draw.random() < 0.5,
        lambda: draw.randrange(-(2**80), 2**80),
        lambda: draw.choice([0.0, -0.0, 1e308, -1e-308, math.inf, -math.inf, draw.gauss(0, 1e6)]),
        lambda: "".join(chr(draw.randrange(0x11000)) for _ in range(draw.randrange(6))),
        lambda: draw.randbytes(draw.randrange(20)),
        lambda: complex(draw.random(), -draw.random()),
        lambda: decimal.Decimal(draw.randrange(10**9)) / 7,
        lambda: fractions.Fraction(draw.randrange(100), draw.randrange(1, 100)),
        lambda: datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(draw.randrange(9999)),
        lambda: range(draw.randrange(9), draw.randrange(99), draw.randrange(1, 5)),
        lambda: ...,
    ]
    if depth > 3 or draw.random() < 0.4:
        return draw.choice(plain)()
    items = [drawn(draw, depth + 1) for _ in range(draw.randrange(5))]
    keys = [draw.choice([str, int])(draw.randrange(99)) for _ in items]
    nested: list[Callable[[], Any]] = [
        lambda: items,
        lambda: tuple(items),
        lambda: dict(zip(keys, items, strict=True)),
        lambda: collections.OrderedDict(zip(keys, items, strict=True)),
        lambda: collections.deque(items, 9),
        lambda: {*keys},
        lambda: frozenset(keys),
        lambda: collections.Counter(keys),
    ]
    return draw.choice(nested)()


@pytest.mark.parametrize("seed", range(200))
def test_every_value_comes_out_as_it_went_in(seed: int) -> None:
    value = drawn(random.Random(seed))  # noqa: S311 - a seed makes it repeat
    back = across(value)
    assert shape(back) == shape(value)


def test_no_number_is_every_number() -> None:
    assert math.isnan(across(math.nan))


@pytest.mark.parametrize("seed", range(200))
def test_whatever_a_liar_writes_is_a_value_or_nonsense(seed: int) -> None:
    """A message with any part of it replaced by another: nothing else ever comes out of reading it."""
    draw = random.Random(seed)  # noqa: S311 - a seed makes it repeat
    encoder = Encoder()
    text = json.dumps([encoder.tree(drawn(draw)) for _ in range(3)])
    pieces = [
        '"!"',
        '"v"',
        "[",
        "]",
        "{",
        "}",
        "0",
        "null",
        '"int"',
        '"array"',
        '"frame"',
        '"dtype"',
        "9" * 30,
    ]
    for _ in range(30):
        at, until = sorted(draw.randrange(len(text) + 1) for _ in range(2))
        forged = text[:at] + draw.choice(pieces) + text[min(until, at + 8) :]
        try:
            tree = json.loads(forged)
        except ValueError:
            continue
        with contextlib.suppress(Nonsense, ImportError):  # here is no numpy
            Decoder(encoder.buffers).value(tree)


class Own:
    pass


def test_what_has_behaviour_of_its_own_stays() -> None:
    class Number(int):
        pass

    strange: list[Any] = [Own(), Own, Number(3), len, lambda: 1, sys, ValueError("x"), iter([])]
    for value in strange:
        with pytest.raises(CannotCross):
            Encoder().tree([value])


def test_a_cyclic_value_stays() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(CannotCross, match="cyclic"):
        Encoder().tree(value)


def test_values_are_bounded() -> None:
    with pytest.raises(CannotCross, match="parts"):
        Encoder().tree([0] * (MOST_PARTS + 1))
    with pytest.raises(CannotCross, match="MB"):
        Encoder().tree(["x" * (1 << 20)] * 65)
    with pytest.raises(CannotCross, match="bits"):
        Encoder().tree(1 << 100_000)
    deep: Any = 0
    for _ in range(DEEPEST + 3):
        deep = [deep]
    with pytest.raises(Nonsense):
        Decoder([]).value(deep)


@pytest.mark.parametrize(
    "tree",
    [
        {"!": "array", "d": "<f8", "s": [10**9], "b": 0},
        {"!": "array", "d": "|O", "s": [1], "b": 0},
        {"!": "array", "d": "<f8", "s": [-1], "b": 0},
        {"!": "scalar", "d": "<f8", "v": "00"},
        {"!": "thing", "h": 1},
        {"!": "__import__", "v": "os"},
        {"!": "pattern", "v": "(", "n": 0},
        {"!": "set", "v": [[1]]},
        {"!": "bytes", "b": 7},
        {"!": 7},
        {},
    ],
)
def test_lies_are_nonsense(tree: Any) -> None:
    with pytest.raises((Nonsense, ImportError)):
        Decoder([b"12345678"]).value(tree)


IN_ENVIRONMENT = """
import sys; sys.path.insert(0, sys.argv[1])
import json, random
import numpy as np, pandas as pd, scipy.sparse as sparse
from sandbox import SandboxFault, environments
from sandbox.inside.values import CannotCross, Decoder, Encoder, Nonsense
def across(value):
    encoder = Encoder()
    return Decoder(encoder.buffers).value(json.loads(json.dumps(encoder.tree(value))))
rng = np.random.default_rng(0)
for kind in ("?", "i1", "u2", "i4", "i8", "f2", "f4", "f8", "c8", "c16", "S3", "U3", "M8[D]", "M8[ns]", "m8[s]"):
    for shape in ((), (0,), (3,), (2, 0), (2, 3), (2, 1, 3)):
        array = rng.integers(0, 50, shape).astype("i8").astype(kind)
        for value in (array, np.asfortranarray(array), array[..., ::-1] if array.ndim else array):
            back = across(value)
            assert type(back) is np.ndarray and back.dtype == value.dtype and back.shape == value.shape, value
            assert (back == value).all() and back.flags.writeable
    for number in array.ravel()[:1]:
        assert type(across(number)) is type(number) and across(number) == number
assert across(np.array([1, "a", None], dtype=object)).tolist() == [1, "a", None]
frame = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"]), "f": [1.5, np.nan],
    "d": pd.date_range("2020", periods=2, tz="Asia/Seoul"), "e": pd.array([1, None], dtype="Int64"),
    "g": [{"k": 1}, [2]], "h": pd.period_range("2020", periods=2, freq="M"), "j": pd.to_timedelta([1, 2], unit="s")})
for value in (frame, frame.set_index(["a", "b"]), pd.DataFrame(), frame.T, frame[["a", "a"]], frame.describe()):
    pd.testing.assert_frame_equal(across(value), value)
for value in (frame.a, frame.c, frame.d, frame.dtypes, frame.iloc[0],
              frame.groupby("a").size(), pd.Series(dtype=float)):
    pd.testing.assert_series_equal(across(value), value)
for value in (pd.RangeIndex(3), pd.date_range("2020", periods=3, freq="D"), frame.set_index(["a", "b"]).index):
    pd.testing.assert_index_equal(across(value), value, exact=True)
for value in (pd.Timestamp("2020-01-01 10:00", tz="Asia/Seoul"), pd.Timedelta("1s"), pd.Period("2020-01", "M"),
              pd.Interval(0, 1), pd.CategoricalDtype(["a"]), pd.StringDtype(), np.dtype("f4")):
    assert across(value) == value and type(across(value)) is type(value), value
assert across(pd.NA) is pd.NA and across(pd.NaT) is pd.NaT
for kind in "csr_matrix csc_array coo_matrix lil_matrix dok_matrix dia_matrix bsr_array".split():
    matrix = getattr(sparse, kind)(np.eye(3))
    assert type(across(matrix)) is type(matrix) and (across(matrix).toarray() == np.eye(3)).all()
for value in (np.random.default_rng(3), np.random.RandomState(3), random.Random(3)):
    twin = across(value)
    assert [twin.normalvariate(0, 1), value.normalvariate(0, 1)] if isinstance(value, random.Random) else 1
    if not isinstance(value, random.Random):
        assert (twin.normal(size=4) == value.normal(size=4)).all()
class Own(np.ndarray): pass
for value in (np.zeros(3).view(Own), np.zeros(2, dtype=[("a", "i4")]), pd.DataFrame({"a": [1]}).groupby("a")):
    try: across(value)
    except CannotCross: continue
    raise AssertionError(value)
buffer = b"\\0" * 16
for tree in ({"!": "array", "d": "<f8", "s": [3], "b": 0}, {"!": "array", "d": "|O", "s": [2], "b": 0},
             {"!": "array", "d": "|V8", "s": [2], "b": 0}, {"!": "array", "d": "<f8", "s": [2**40, 2**40], "b": 0},
             {"!": "frame", "i": 1, "c": 2, "v": []}, {"!": "sparse", "k": "load_npz", "s": [1], "v": []},
             {"!": "dtype", "v": "O8"},
             {"!": "category", "v": [5], "c": ["a"]}, {"!": "timestamp", "v": 1, "u": "ns", "z": "../../etc"}):
    try: Decoder([buffer]).value(tree)
    except Nonsense: continue
    raise AssertionError(tree)
print("ok")
"""


def test_arrays_frames_and_generators_come_out_as_they_went_in(environment: str) -> None:
    command = [f"{environment}/bin/python", "-c", IN_ENVIRONMENT, str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.stdout == "ok\n", run.stderr


IN_TORCH = """
import sys; sys.path.insert(0, sys.argv[1])
import json
import torch
from sandbox import SandboxFault, environments
from sandbox.inside.values import Decoder, Encoder, CannotCross, Nonsense
def across(value):
    encoder = Encoder()
    return Decoder(encoder.buffers).value(json.loads(json.dumps(encoder.tree(value))))
for kind in "float32 float64 float16 bfloat16 int64 int8 uint8 bool".split():
    kind = getattr(torch, kind)
    rows = torch.arange(6).to(kind).reshape(2, 3)
    for value in (rows, rows.T, torch.zeros(0, 3, dtype=kind), torch.tensor(1, dtype=kind)):
        back = across(value)
        assert type(back) is torch.Tensor and back.dtype == kind, value
        assert back.shape == value.shape and torch.equal(back, value), value
assert across(torch.ones(2, requires_grad=True)).requires_grad
assert type(across(torch.nn.Parameter(torch.ones(2)))) is torch.nn.Parameter
assert across(torch.Size([2, 3])) == torch.Size([2, 3]) and across(torch.float32) is torch.float32
assert across(torch.device("cpu")) == torch.device("cpu")
class Lazy(torch.Tensor): pass
for value in (torch.ones(2).as_subclass(Lazy), torch.nn.Linear(2, 2), torch.ones(2).to_sparse()):
    try: across(value)
    except CannotCross: continue
    raise AssertionError(value)
good = Encoder(); good.tree(torch.ones(4)); content = good.buffers[0]
too_long = (1 << 40).to_bytes(8, "little") + content[8:]
for forged in (content[:-1], content[:20], b"", b"\\xff" * 64, too_long, content.replace(b"[4]", b"[9]")):
    try: Decoder([forged]).value({"!": "tensor", "b": 0})
    except Nonsense: continue
    raise AssertionError(forged)
for tree in ({"!": "torch", "k": "dtype", "v": "load"}, {"!": "torch", "k": "device", "v": "x"}):
    try: Decoder([]).value(tree)
    except Nonsense: continue
    raise AssertionError(tree)
print("ok")
"""


def test_tensors_come_out_as_they_went_in() -> None:
    try:
        environment = environments.find("torch").path
    except SandboxFault:
        pytest.skip("the environment with torch is not built (`make torch`)")
    command = [f"{environment}/bin/python", "-c", IN_TORCH, str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.stdout == "ok\n", run.stderr
