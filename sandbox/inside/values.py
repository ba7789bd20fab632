"""Plain values on their way between two processes that do not trust each other: exact types, bounded, no pickle.

A message is a tree of JSON and a list of buffers. What JSON knows stands for itself; everything else is an object
with a tag: {"!": "tuple", "v": [...]}. Whatever has behaviour of its own goes to the `Foreign` of the message, which
may stand in for it with a handle, or refuses.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import math
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

Tree = Any  # what `json` writes and reads

DEEPEST = 40
MOST_PARTS = 400_000
MOST_BYTES = 64 << 20
LONGEST_INTEGER = 1 << 16  # bits
SAFE_INTEGER = 1 << 53
_PLAIN = re.compile(r"-?\d{1,5000}(\.\d{1,5000})?(E[+-]?\d{1,6})?|-?Infinity|s?NaN\d{0,9}", re.IGNORECASE)


class CannotCross(Exception):
    """A value that the protocol does not carry: too big, too deep, cyclic, or of a type that has no plain form."""


class Nonsense(Exception):
    """Something that `Encoder` never writes: the other side lies, or is broken."""


class Foreign(Protocol):
    """Stands in for what is no plain value. `tags` are the ones that `unpack` understands."""

    tags: frozenset[str]

    def pack(self, value: Any, encoder: Encoder) -> Tree: ...

    def unpack(self, tag: str, tree: dict[str, Any], decoder: Decoder) -> Any: ...


class Strict:
    """The Foreign of a dialogue that carries nothing but plain values."""

    tags: frozenset[str] = frozenset()

    def pack(self, value: Any, encoder: Encoder) -> Tree:
        raise CannotCross(f"a value of the type {name_of(type(value))}")

    def unpack(self, tag: str, tree: dict[str, Any], decoder: Decoder) -> Any:
        raise Nonsense(tag)


class Encoder:
    """The values of one message. `aliases` maps the id of an object that the other side knows to its place there."""

    def __init__(self, foreign: Foreign | None = None) -> None:
        self.buffers: list[bytes] = []
        self._foreign = foreign or Strict()
        self._depth = self._parts = self._bytes = 0

    def tree(self, value: Any) -> Tree:
        """Raises CannotCross."""
        self._count(1)
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            self._count(0, len(value))
            return value
        if kind is int and -SAFE_INTEGER < value < SAFE_INTEGER:
            return value
        if kind is float and math.isfinite(value):
            return value
        self._depth += 1
        if self._depth > DEEPEST:
            self._depth = 0
            raise CannotCross(f"a value that is cyclic, or nested deeper than {DEEPEST}")
        if kind is list:
            tree: Tree = [self.tree(item) for item in value]
        else:
            tree = self._tagged(kind, value)
        self._depth -= 1
        return tree

    def trees(self, values: Iterable[Any]) -> list[Tree]:
        return [self.tree(value) for value in values]

    def buffer(self, content: bytes) -> int:
        """Keep bytes beside the tree; their number."""
        self._count(1, len(content))
        self.buffers.append(content)
        return len(self.buffers) - 1

    def _tagged(self, kind: type, value: Any) -> Tree:
        write = _WRITERS.get(kind)
        if write is None:
            write = _writer_of_arrays(kind)
        if write is None:
            return self._foreign.pack(value, self)
        tag, facts = write(value, self)
        return {"!": tag, **facts}

    def _count(self, parts: int, size: int = 0) -> None:
        self._parts += parts
        self._bytes += size
        if self._parts > MOST_PARTS:
            raise CannotCross(f"a value of more than {MOST_PARTS:,} parts")
        if self._bytes > MOST_BYTES:
            raise CannotCross(f"a value of more than {MOST_BYTES >> 20} MB")


class Decoder:
    """Reads the values of one message; whatever it holds may be written by a stranger. Raises Nonsense."""

    def __init__(self, buffers: Sequence[bytes], foreign: Foreign | None = None) -> None:
        self._buffers = buffers
        self._foreign = foreign or Strict()
        self._depth = self._parts = 0

    def value(self, tree: Tree) -> Any:
        self._parts += 1
        kind = type(tree)
        if kind not in {list, dict}:
            return tree
        self._depth += 1
        if self._depth > DEEPEST + 2 or self._parts > MOST_PARTS:
            raise Nonsense("too deep, or too much")
        value = [self.value(item) for item in tree] if kind is list else self._tagged(tree)
        self._depth -= 1
        return value

    def values(self, tree: dict[str, Any], key: str = "v") -> list[Any]:
        return [self.value(item) for item in self.list_of(tree, key)]

    def buffer(self, tree: dict[str, Any], key: str = "b") -> bytes:
        number = self.integer(tree, key)
        if not 0 <= number < len(self._buffers):
            raise Nonsense("no such buffer")
        return self._buffers[number]

    @staticmethod
    def text(tree: dict[str, Any], key: str) -> str:
        value = tree.get(key)
        if type(value) is not str:
            raise Nonsense(key)
        return value

    @staticmethod
    def integer(tree: dict[str, Any], key: str) -> int:
        value = tree.get(key)
        if type(value) is not int:
            raise Nonsense(key)
        return value

    @staticmethod
    def list_of(tree: dict[str, Any], key: str = "v") -> list[Tree]:
        value = tree.get(key)
        if type(value) is not list:
            raise Nonsense(key)
        return value

    def _tagged(self, tree: dict[str, Any]) -> Any:
        tag = self.text(tree, "!")
        if tag in self._foreign.tags:
            return self._foreign.unpack(tag, tree, self)
        read = _READERS.get(tag) or _reader_of_arrays(tag)
        if read is None:
            raise Nonsense(tag)
        try:
            return read(tree, self)
        except (Nonsense, MemoryError):
            raise
        except Exception as error:
            raise Nonsense(f"{tag}: {type(error).__name__}: {error}") from error


def name_of(kind: type) -> str:
    """A type as its user would name it."""
    module = kind.__module__
    return kind.__qualname__ if module in {"builtins", "__main__"} else f"{module}.{kind.__qualname__}"


Writer = Callable[[Any, Encoder], tuple[str, dict[str, Any]]]
Reader = Callable[[dict[str, Any], Decoder], Any]
_WRITERS: dict[type, Writer] = {}
_READERS: dict[str, Reader] = {}


def _write_int(value: int, _encoder: Encoder) -> tuple[str, dict[str, Any]]:
    if value.bit_length() > LONGEST_INTEGER:
        raise CannotCross(f"a number of more than {LONGEST_INTEGER:,} bits")
    return "int", {"v": hex(value)}


def _read_int(tree: dict[str, Any], decoder: Decoder) -> int:
    text = decoder.text(tree, "v")
    if len(text) > LONGEST_INTEGER // 4 + 4:
        raise Nonsense("int")
    return int(text, 16)


def _of_text(kind: Callable[[str], Any], pattern: re.Pattern[str] | None = None) -> Reader:
    def read(tree: dict[str, Any], decoder: Decoder) -> Any:
        text = decoder.text(tree, "v")
        if pattern and not pattern.fullmatch(text):
            raise Nonsense(text[:20])
        return kind(text)

    return read


def _as(tag: str, facts: Callable[[Any, Encoder], Any]) -> Writer:
    return lambda value, encoder: (tag, {"v": facts(value, encoder)})


def _pairs(value: Any, encoder: Encoder) -> list[list[Tree]]:
    return [[encoder.tree(key), encoder.tree(item)] for key, item in value.items()]


def _read_pairs(tree: dict[str, Any], decoder: Decoder) -> list[tuple[Any, Any]]:
    pairs = []
    for pair in decoder.list_of(tree):
        if type(pair) is not list or len(pair) != 2:  # noqa: PLR2004 - a pair
            raise Nonsense("pair")
        pairs.append((decoder.value(pair[0]), decoder.value(pair[1])))
    return pairs


def _write_deque(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "deque", {"v": encoder.trees(value), "n": value.maxlen}


def _read_deque(tree: dict[str, Any], decoder: Decoder) -> Any:
    longest = None if tree.get("n") is None else decoder.integer(tree, "n")
    return collections.deque(decoder.values(tree), longest)


_FACTORIES = {kind.__name__: kind for kind in (int, float, complex, str, list, dict, set, tuple, bool)}


def _write_defaultdict(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    factory = value.default_factory
    if factory is not None and factory not in _FACTORIES.values():
        raise CannotCross("a defaultdict with a factory of its own")
    return "defaultdict", {"v": _pairs(value, encoder), "f": factory and factory.__name__}


def _read_defaultdict(tree: dict[str, Any], decoder: Decoder) -> Any:
    factory = None if tree.get("f") is None else _FACTORIES[decoder.text(tree, "f")]
    return collections.defaultdict(factory, _read_pairs(tree, decoder))


def _write_pattern(value: re.Pattern[Any], encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "pattern", {"v": encoder.tree(value.pattern), "n": value.flags}


def _read_pattern(tree: dict[str, Any], decoder: Decoder) -> Any:
    return re.compile(decoder.value(tree.get("v")), decoder.integer(tree, "n"))


def _read_bytes(kind: Callable[[bytes], Any]) -> Reader:
    return lambda tree, decoder: kind(decoder.buffer(tree))


def _write_bytes(tag: str) -> Writer:
    return lambda value, encoder: (tag, {"b": encoder.buffer(bytes(value))})


def _read_slice(tree: dict[str, Any], decoder: Decoder) -> slice:
    start, stop, step = decoder.values(tree)
    return slice(start, stop, step)


def _read_range(tree: dict[str, Any], decoder: Decoder) -> range:
    start, stop, step = decoder.values(tree)
    return range(start, stop, step)


def _read_complex(tree: dict[str, Any], decoder: Decoder) -> complex:
    real, imaginary = decoder.values(tree)
    return complex(real, imaginary)


def _read_timedelta(tree: dict[str, Any], decoder: Decoder) -> datetime.timedelta:
    return datetime.timedelta(*decoder.values(tree))


def _collection(kind: type) -> None:
    _WRITERS[kind] = _as(kind.__name__, lambda value, encoder: encoder.trees(value))
    _READERS[kind.__name__] = lambda tree, decoder: kind(decoder.values(tree))


def _mapping(kind: type) -> None:
    _WRITERS[kind] = _as(kind.__name__, _pairs)
    _READERS[kind.__name__] = lambda tree, decoder: kind(dict(_read_pairs(tree, decoder)))


def _text(kind: type, write: Callable[[Any], str], read: Reader) -> None:
    _WRITERS[kind] = _as(kind.__name__, lambda value, _encoder: write(value))
    _READERS[kind.__name__] = read


def _constant(tag: str, value: Any) -> None:
    _WRITERS[type(value)] = lambda _value, _encoder: (tag, {})
    _READERS[tag] = lambda _tree, _decoder: value


_WRITERS[int], _READERS["int"] = _write_int, _read_int
_text(float, repr, _of_text(float))  # those that JSON does not know
for _kind in (tuple, set, frozenset):
    _collection(_kind)
for _mapping_kind in (dict, collections.OrderedDict, collections.Counter):
    _mapping(_mapping_kind)
_WRITERS[bytes], _READERS["bytes"] = _write_bytes("bytes"), _read_bytes(bytes)
_WRITERS[bytearray], _READERS["bytearray"] = _write_bytes("bytearray"), _read_bytes(bytearray)
_WRITERS[collections.deque], _READERS["deque"] = _write_deque, _read_deque
_WRITERS[collections.defaultdict], _READERS["defaultdict"] = _write_defaultdict, _read_defaultdict
_WRITERS[complex] = _as("complex", lambda value, encoder: encoder.trees((value.real, value.imag)))
_READERS["complex"] = _read_complex
_WRITERS[range] = _as("range", lambda value, encoder: encoder.trees((value.start, value.stop, value.step)))
_READERS["range"] = _read_range
_WRITERS[slice] = _as("slice", lambda value, encoder: encoder.trees((value.start, value.stop, value.step)))
_READERS["slice"] = _read_slice
_constant("ellipsis", ...)
_constant("notimplemented", NotImplemented)
_text(decimal.Decimal, str, _of_text(decimal.Decimal, _PLAIN))
_text(fractions.Fraction, str, _of_text(fractions.Fraction, re.compile(r"-?\d{1,5000}(/\d{1,5000})?")))
_text(uuid.UUID, str, _of_text(uuid.UUID))
_text(datetime.date, datetime.date.isoformat, _of_text(datetime.date.fromisoformat))
_text(datetime.datetime, datetime.datetime.isoformat, _of_text(datetime.datetime.fromisoformat))
_text(datetime.time, datetime.time.isoformat, _of_text(datetime.time.fromisoformat))
_WRITERS[datetime.timedelta] = _as(
    "timedelta", lambda value, encoder: encoder.trees((value.days, value.seconds, value.microseconds))
)
_READERS["timedelta"] = _read_timedelta
_WRITERS[re.Pattern], _READERS["pattern"] = _write_pattern, _read_pattern
_WRITERS[type({}.keys())] = _as("keys", lambda value, encoder: encoder.trees(value))
_READERS["keys"] = lambda tree, decoder: dict.fromkeys(decoder.values(tree)).keys()
_WRITERS[type({}.values())] = _as("values", lambda value, encoder: encoder.trees(value))
_READERS["values"] = lambda tree, decoder: dict(enumerate(decoder.values(tree))).values()
_WRITERS[type({}.items())] = _as("items", lambda value, encoder: [encoder.trees(pair) for pair in value])
_READERS["items"] = lambda tree, decoder: dict(_read_pairs(tree, decoder)).items()


def _writer_of_arrays(kind: type) -> Writer | None:
    """Numpy, pandas, scipy and torch are looked at only where somebody has imported them."""
    if kind.__module__.partition(".")[0] not in {"numpy", "pandas", "scipy", "torch", "random"}:
        return None
    if kind.__module__.partition(".")[0] not in sys.modules:
        return None
    from sandbox.inside import arrays

    return arrays.writer_of(kind)


def _reader_of_arrays(tag: str) -> Reader | None:
    from sandbox.inside import arrays

    return arrays.READERS.get(tag)
