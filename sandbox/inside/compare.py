"""Compares what came with what was expected: exact in type, and no NaN passes unless it was asked for."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.inside.showing import show

NUMBERS = {"int", "float", "complex"}
# How a learner reads the kinds that a module's class name does not tell.
CONTAINERS: dict[type, str] = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset", dict: "dict"}

# By the kind letter of the scalar's dtype.
KINDS_OF_SCALARS = {
    "b": "bool",
    "i": "int",
    "u": "int",
    "f": "float",
    "c": "complex",
    "U": "str",
    "S": "bytes",
}


@dataclass(frozen=True)
class Difference:
    """The first place where two values differ; `where` is written as Python reaches it: `[2]["total"]`.

    `reason`: differs, type, nan, length, shape, keys, columns, index.
    """

    reason: str
    where: str
    came: str
    expected: str


@dataclass(frozen=True)
class Tolerance:
    """|came - expected| ≤ absolute + relative · |expected|; with `numbers`, 2 is as good as 2.0."""

    relative: float = 0.0
    absolute: float = 0.0
    nan: bool = False
    numbers: bool = False


EXACT = Tolerance()


def difference(expected: Any, came: Any, tolerance: Tolerance = EXACT) -> Difference | None:
    """The first difference, or None. Raises TypeError for an expected value of a kind that cannot be compared."""
    return next(_differences(expected, came, tolerance, ""), None)


def kind_of(value: Any) -> str:
    """What a learner calls it: int, float, list, array, DataFrame …; other classes by their name."""
    found = type(value)
    if value is None or found in {bool, int, float, complex, str, bytes}:
        return "None" if value is None else found.__name__
    if found in CONTAINERS:
        return CONTAINERS[found]
    numpy = sys.modules.get("numpy")
    if numpy is not None and found is numpy.ndarray:
        return "array"
    if numpy is not None and isinstance(value, numpy.generic):
        return KINDS_OF_SCALARS.get(value.dtype.kind, found.__name__)
    return found.__name__


def _differences(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    wanted, found = kind_of(expected), kind_of(came)
    if not _same_kind(wanted, found, tolerance):
        yield Difference("type", where, found, wanted)
        return
    compare = _COMPARE.get(wanted)
    if compare is None:
        raise TypeError(f"a {wanted} cannot be compared; compare its parts")
    yield from compare(expected, came, tolerance, where)


def _same_kind(wanted: str, found: str, tolerance: Tolerance) -> bool:
    if wanted == found:
        return True
    return (
        tolerance.numbers and {wanted, found} <= NUMBERS and not (wanted != "complex" and found == "complex")
    )


def _numbers(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    if _is_nan(came):
        if not (tolerance.nan and _is_nan(expected)):
            yield Difference("nan", where, show(came), show(expected))
    elif _is_nan(expected) or not _near(expected, came, tolerance):
        yield Difference("differs", where, show(came), show(expected))


def _is_nan(number: Any) -> bool:
    return bool(number != number)  # noqa: PLR0124 - also for a whole number that no float can hold


def _near(expected: Any, came: Any, tolerance: Tolerance) -> bool:
    if expected == came:
        return True
    try:
        distance, scale = abs(came - expected), abs(expected)
        allowed = tolerance.absolute + tolerance.relative * scale
        return math.isfinite(scale) and bool(distance <= allowed)
    except OverflowError:  # a whole number too large for a float
        return False


def _equal(expected: Any, came: Any, _tolerance: Tolerance, where: str) -> Iterator[Difference]:
    if expected != came:
        yield Difference("differs", where, show(came), show(expected))


def _sequences(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    for index, (one, other) in enumerate(zip(expected, came, strict=False)):
        yield from _differences(one, other, tolerance, f"{where}[{index}]")
    if len(expected) != len(came):
        yield Difference("length", where, str(len(came)), str(len(expected)))


def _mappings(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    typed = {(kind_of(key), key) for key in came}
    if {(kind_of(key), key) for key in expected} != typed:
        yield Difference("keys", where, show(list(came)), show(list(expected)))
        return
    for key, value in expected.items():
        yield from _differences(value, came[key], tolerance, f"{where}[{show(key)}]")


def _sets(expected: Any, came: Any, _tolerance: Tolerance, where: str) -> Iterator[Difference]:
    if {(kind_of(item), item) for item in expected} != {(kind_of(item), item) for item in came}:
        yield Difference("differs", where, show(came), show(expected))


def _arrays(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    """Also for a part of a frame; `numbers` lets one numeric dtype stand for another."""
    if expected.shape != came.shape:
        yield Difference("shape", where, str(came.shape), str(expected.shape))
    elif not _same_dtype(expected.dtype, came.dtype, tolerance):
        yield Difference("type", where, f"array of {came.dtype}", f"array of {expected.dtype}")
    elif expected.dtype.kind in "iufc":
        yield from _number_arrays(expected, came, tolerance, where)
    else:
        for place, (one, other) in enumerate(zip(expected.ravel(), came.ravel(), strict=True)):
            yield from _differences(one, other, tolerance, f"{where}{_index(expected.shape, place)}")


def _same_dtype(expected: Any, came: Any, tolerance: Tolerance) -> bool:
    if tolerance.numbers and expected.kind in "iuf" and came.kind in "iuf":
        return True
    return bool(expected == came)


def _number_arrays(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    np: Any = sys.modules["numpy"]  # whoever has an array has imported it

    with np.errstate(all="ignore"):
        allowed = tolerance.absolute + tolerance.relative * np.abs(expected)
        near = (expected == came) | (np.isfinite(expected) & (np.abs(came - expected) <= allowed))
    missing = np.isnan(came)
    near &= ~missing
    if tolerance.nan:
        near |= missing & np.isnan(expected)
    if not near.all():
        place = int(np.argmin(near.ravel()))
        one, other = expected.ravel()[place], came.ravel()[place]
        reason = "nan" if np.isnan(other) else "differs"
        yield Difference(reason, f"{where}{_index(expected.shape, place)}", show(other), show(one))


def _index(shape: tuple[int, ...], place: int) -> str:
    if not shape:
        return ""
    indices: list[int] = []
    for size in reversed(shape):
        place, index = divmod(place, size)
        indices.append(index)
    return f"[{', '.join(map(str, reversed(indices)))}]"


def _frames(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    if list(expected.columns) != list(came.columns):
        yield Difference("columns", where, show(list(came.columns)), show(list(expected.columns)))
        return
    yield from _indices(expected, came, where)
    for place, name in enumerate(expected.columns):
        at = f"{where}[{show(name)}]"
        yield from _values(expected.iloc[:, place], came.iloc[:, place], tolerance, at)


def _series(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    yield from _indices(expected, came, where)
    yield from _values(expected, came, tolerance, where)


def _indices(expected: Any, came: Any, where: str) -> Iterator[Difference]:
    if not expected.index.equals(came.index):
        yield Difference("index", where, show(list(came.index)), show(list(expected.index)))


def _values(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    if expected.dtype == came.dtype or _same_dtype(expected.dtype, came.dtype, tolerance):
        yield from _arrays(expected.to_numpy(), came.to_numpy(), tolerance, where)
    else:
        yield Difference("type", where, str(came.dtype), str(expected.dtype))


def _tensors(expected: Any, came: Any, tolerance: Tolerance, where: str) -> Iterator[Difference]:
    if expected.dtype != came.dtype:
        yield Difference("type", where, str(came.dtype), str(expected.dtype))
        return
    one, other = (tensor.detach().cpu() for tensor in (expected, came))
    if str(one.dtype) == "torch.bfloat16":  # numpy has none
        one, other = one.float(), other.float()
    yield from _arrays(one.numpy(), other.numpy(), tolerance, where)


_Compare = Callable[[Any, Any, Tolerance, str], Iterator[Difference]]
_COMPARE: dict[str, _Compare] = {
    **dict.fromkeys(NUMBERS, _numbers),
    **dict.fromkeys(("None", "bool", "str", "bytes"), _equal),
    **dict.fromkeys(("list", "tuple"), _sequences),
    **dict.fromkeys(("set", "frozenset"), _sets),
    "dict": _mappings,
    "array": _arrays,
    "DataFrame": _frames,
    "Series": _series,
    "Tensor": _tensors,
}
