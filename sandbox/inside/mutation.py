"""Values that code may change in place: whether it did, and how the same change is made to the other side's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from sandbox.inside.values import CannotCross, Encoder, Foreign

_CONTAINERS = frozenset(
    ["list", "dict", "set", "bytearray", "deque", "Counter", "OrderedDict", "defaultdict", "tuple"]
)
_OTHERS = frozenset(
    ["ndarray", "DataFrame", "Series", "Generator", "RandomState", "Random", "Tensor", "Parameter"]
)


def is_mutable(value: Any) -> bool:
    return type(value).__name__ in _CONTAINERS or type(value).__name__ in _OTHERS


def print_of(value: Any, foreign: Foreign) -> Any:
    """Equal for values that are written alike. What has no plain form is told apart by its identity alone."""
    if value is None or type(value) in {bool, int, float, str}:
        return (type(value).__name__, repr(value))
    if not is_mutable(value):
        return ("id", id(value))
    encoder = Encoder(foreign)
    try:
        tree = encoder.tree(value)
    except CannotCross:
        return ("id", id(value))
    digest = hashlib.blake2b(json.dumps(tree).encode())
    for buffer in encoder.buffers:
        digest.update(buffer)
    return digest.digest()


def change(old: Any, new: Any) -> bool:
    """Make `old` what `new` is, in place, as deep as they are alike; False where that cannot be done."""
    kind = type(old)
    if type(new) is not kind:
        return False
    if kind in {list, tuple} and len(old) == len(new):
        for place, (was, now) in enumerate(zip(old, new, strict=True)):
            if not (is_mutable(was) and change(was, now)) and kind is list:
                old[place] = now
        return True
    how = _CHANGES.get(kind.__name__)
    if how is None:
        return False
    how(old, new)
    return True


def _change_mapping(old: Any, new: Any) -> None:
    kept = {key: value for key, value in old.items() if key in new}
    old.clear()
    for key, value in new.items():
        was = kept.get(key)
        old[key] = was if is_mutable(was) and change(was, value) else value


def _change_set(old: Any, new: Any) -> None:
    old.clear()
    old.update(new)


def _change_whole(old: Any, new: Any) -> None:
    old[:] = new


def _change_deque(old: Any, new: Any) -> None:
    old.clear()
    old.extend(new)


def _change_array(old: Any, new: Any) -> None:
    if old.shape == new.shape and old.dtype == new.dtype:
        old[...] = new
    else:  # `resize` in place
        old.resize(new.shape, refcheck=False)
        old[...] = new


def _change_frame(old: Any, new: Any) -> None:
    old._update_inplace(new)  # noqa: SLF001 - pandas has no public way


def _change_bits(old: Any, new: Any) -> None:
    old.bit_generator.state = new.bit_generator.state


def _change_state(old: Any, new: Any) -> None:
    old.set_state(new.get_state())


def _change_random(old: Any, new: Any) -> None:
    old.setstate(new.getstate())


def _change_tensor(old: Any, new: Any) -> None:
    old.data.copy_(new.data)


_CHANGES: dict[str, Callable[[Any, Any], None]] = {
    "list": _change_whole,
    "bytearray": _change_whole,
    "set": _change_set,
    **dict.fromkeys(("dict", "Counter", "OrderedDict", "defaultdict"), _change_mapping),
    "deque": _change_deque,
    "ndarray": _change_array,
    "DataFrame": _change_frame,
    "Series": _change_frame,
    "Generator": _change_bits,
    "RandomState": _change_state,
    "Random": _change_random,
    "Tensor": _change_tensor,
    "Parameter": _change_tensor,
}
