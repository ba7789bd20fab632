"""What passes as the same: never another type, never a NaN that nobody expected."""

from __future__ import annotations

import collections
from typing import Any

import pytest

from sandbox.inside.compare import Tolerance, difference
from sandbox.inside.showing import show, show_call

NAN = float("nan")
NEAR = Tolerance(relative=1e-9, absolute=1e-12, numbers=True)


@pytest.mark.parametrize(
    ("expected", "came"),
    [(1, 1.0), (1, True), (0, False), (0, None), ("1", 1), ([1], (1,)), ({1}, frozenset({1})), ({1: 2}, {True: 2}),
     ({"a": 1}, collections.OrderedDict(a=1)), ([1], [1.0]), (b"a", "a"), (None, 0)],
)  # fmt: skip
def test_another_type_is_a_difference(expected: Any, came: Any) -> None:
    assert difference(expected, came) is not None
    assert difference(came, expected) is not None


@pytest.mark.parametrize(
    "value", [1, 2.5, 1 + 2j, "ö", b"", None, True, [1, [2]], (1, {"a": {1, 2}}), {1: "a"}]
)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    assert difference(value, value) is None


def test_nan_passes_only_where_it_was_expected_and_asked_for() -> None:
    assert difference(NAN, NAN) is not None
    assert difference(1.0, NAN, NEAR) is not None
    assert difference(NAN, 1.0, Tolerance(nan=True)) is not None
    assert difference([NAN], [NAN], Tolerance(nan=True)) is None
    assert difference(float("inf"), float("inf"), NEAR) is None
    assert difference(float("inf"), 1e308, NEAR) is not None


def test_near_numbers_may_be_of_another_kind_but_truth_is_no_number() -> None:
    assert difference(2.0, 2, NEAR) is None
    assert difference(0.3, 0.1 + 0.2, NEAR) is None
    assert difference(1, True, NEAR) is not None
    assert difference(1.0, 1 + 0j, NEAR) is not None
    assert difference(1.0, 10**400, NEAR) is not None


def test_the_first_difference_says_where_it_is() -> None:
    found = difference({"a": [1, 2.0]}, {"a": [1, 2.5]}, NEAR)
    assert found is not None
    assert (found.where, found.came, found.expected) == ("['a'][1]", "2.5", "2.0")
    longer = difference([1, 2], [1, 2, 3])
    assert longer is not None
    assert (longer.reason, longer.came, longer.expected) == ("length", "3", "2")


def test_what_is_shown_stays_short() -> None:
    assert len(show(["x" * 10_000] * 10_000)) < 1600
    assert show(10**6000) == "<int>"
    assert show_call("f", (1, [2]), {"window": 3}) == "f(1, [2], window=3)"
