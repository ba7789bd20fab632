"""Arrays, frames, sparse matrices, tensors and generators as typed buffers beside the tree; see `values`.

Imported only when one of these libraries is, or when the other side sends something of theirs.
"""

from __future__ import annotations

import math
import random
import re
import sys
from typing import Any

from sandbox.inside import tables
from sandbox.inside.values import CannotCross, Decoder, Encoder, Nonsense, Reader, Writer

KINDS = "biufcSUMm"
_TYPE = re.compile(rf"[<>|=][{KINDS}]\d{{1,6}}(\[\d{{0,4}}[A-Za-z]{{1,7}}\])?")
_SPARSE = frozenset(
    f"{form}_{what}"
    for form in ("csr", "csc", "coo", "bsr", "lil", "dok", "dia")
    for what in ("matrix", "array")
)
_BIT_GENERATORS = frozenset(["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
MOST_DIMENSIONS = 32


def writer_of(kind: type) -> Writer | None:
    """How values of exactly this type are written; None for those that have no plain form."""
    if kind is random.Random:
        return _write_random
    library = kind.__module__.partition(".")[0]
    find = {
        "numpy": _writer_of_numpy,
        "pandas": tables.writer_of,
        "scipy": _writer_of_scipy,
        "torch": _writer_of_torch,
    }
    finder = find.get(library)
    return finder(kind) if finder else None


def _numpy() -> Any:
    import numpy

    return numpy


# --- numpy


def _writer_of_numpy(kind: type) -> Writer | None:
    numpy = _numpy()
    if kind is numpy.ndarray:
        return _write_array
    if issubclass(kind, numpy.generic) and kind.__module__ == "numpy":
        return _write_scalar
    if issubclass(kind, numpy.dtype):
        return _write_dtype
    if kind is numpy.random.Generator:
        return _write_generator
    if kind is numpy.random.RandomState:
        return _write_random_state
    return None


def _type_of(value: Any) -> str:
    text: str = value.dtype.str
    if not _TYPE.fullmatch(text):
        raise CannotCross(f"an array of {value.dtype}")
    return text


def _write_array(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    shape = list(value.shape)
    if value.dtype.kind == "O":
        return "objects", {"s": shape, "v": encoder.trees(value.ravel())}
    kind = _type_of(value)
    return "array", {"d": kind, "s": shape, "b": encoder.buffer(_numpy().ascontiguousarray(value).tobytes())}


def _shape(tree: dict[str, Any], decoder: Decoder) -> list[int]:
    shape = decoder.list_of(tree, "s")
    if len(shape) > MOST_DIMENSIONS or any(type(size) is not int or size < 0 for size in shape):
        raise Nonsense("shape")
    return shape


def _dtype(text: str) -> Any:
    if not _TYPE.fullmatch(text):
        raise Nonsense("dtype")
    return _numpy().dtype(text)


def _read_array(tree: dict[str, Any], decoder: Decoder) -> Any:
    kind, shape, content = _dtype(decoder.text(tree, "d")), _shape(tree, decoder), decoder.buffer(tree)
    if math.prod(shape) * kind.itemsize != len(content):
        raise Nonsense("an array that lies about its size")
    if not content:
        return _numpy().empty(shape, kind)
    return _numpy().frombuffer(bytearray(content), dtype=kind).reshape(shape)


def _read_objects(tree: dict[str, Any], decoder: Decoder) -> Any:
    shape, items = _shape(tree, decoder), decoder.values(tree)
    if math.prod(shape) != len(items):
        raise Nonsense("an array that lies about its size")
    flat = _numpy().empty(len(items), dtype=object)
    for place, item in enumerate(items):
        flat[place] = item
    return flat.reshape(shape)


def _write_scalar(value: Any, _encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "scalar", {"d": _type_of(value), "v": value.tobytes().hex()}


def _read_scalar(tree: dict[str, Any], decoder: Decoder) -> Any:
    kind, content = _dtype(decoder.text(tree, "d")), bytes.fromhex(decoder.text(tree, "v"))
    if not kind.itemsize:  # an empty text
        return kind.type()
    if len(content) != kind.itemsize:
        raise Nonsense("a number that lies about its size")
    return _numpy().frombuffer(content, dtype=kind)[0]


def _write_dtype(value: Any, _encoder: Encoder) -> tuple[str, dict[str, Any]]:
    if value.kind != "O" and not _TYPE.fullmatch(value.str):
        raise CannotCross(f"the type {value}")
    return "dtype", {"v": value.str}


def _read_dtype(tree: dict[str, Any], decoder: Decoder) -> Any:
    text = decoder.text(tree, "v")
    return _numpy().dtype("O") if text == "|O" else _dtype(text)


def _write_random(value: random.Random, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "random", {"v": encoder.tree(value.getstate())}


def _read_random(tree: dict[str, Any], decoder: Decoder) -> random.Random:
    value = random.Random()  # noqa: S311 - a learner's, not ours
    value.setstate(decoder.value(tree.get("v")))
    return value


def _write_generator(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "generator", {"v": encoder.tree(value.bit_generator.state)}


def _read_generator(tree: dict[str, Any], decoder: Decoder) -> Any:
    state = decoder.value(tree.get("v"))
    if state["bit_generator"] not in _BIT_GENERATORS:
        raise Nonsense("bit generator")
    bits = getattr(_numpy().random, state["bit_generator"])()
    bits.state = state
    return _numpy().random.Generator(bits)


def _write_random_state(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "randomstate", {"v": encoder.tree(value.get_state(legacy=False))}


def _read_random_state(tree: dict[str, Any], decoder: Decoder) -> Any:
    value = _numpy().random.RandomState()
    value.set_state(decoder.value(tree.get("v")))
    return value


# --- scipy and torch


def _writer_of_scipy(kind: type) -> Writer | None:
    return _write_sparse if kind.__module__.startswith("scipy.sparse") and kind.__name__ in _SPARSE else None


def _write_sparse(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    listed = value.tocoo()
    numpy = _numpy()
    parts = encoder.trees((listed.data, numpy.asarray(listed.row), numpy.asarray(listed.col)))
    return "sparse", {"k": type(value).__name__, "s": list(value.shape), "v": parts}


def _read_sparse(tree: dict[str, Any], decoder: Decoder) -> Any:
    import scipy.sparse

    kind = decoder.text(tree, "k")
    if kind not in _SPARSE:
        raise Nonsense("sparse")
    data, rows, columns = decoder.values(tree)
    listed = scipy.sparse.coo_array((data, (rows, columns)), shape=tuple(_shape(tree, decoder)))
    if kind.startswith(("bsr", "dia")):
        listed = listed.tocsr()
    return getattr(scipy.sparse, kind)(listed)


def _writer_of_torch(kind: type) -> Writer | None:
    torch = sys.modules["torch"]
    if kind in {torch.Tensor, torch.nn.Parameter}:
        return _write_tensor
    if kind in {torch.Size, torch.dtype, torch.device}:
        return _write_torch_fact
    return None


def _write_tensor(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    """As a safetensors file of one tensor: typed, with no code in it. Gradients stay behind."""
    from safetensors.torch import save

    try:
        content = save({"t": value.detach().cpu().contiguous().clone()})
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        raise CannotCross(f"a tensor: {error}") from error
    facts = {"g": bool(value.requires_grad), "p": type(value).__name__ == "Parameter"}
    return "tensor", {"b": encoder.buffer(content), **facts}


def _read_tensor(tree: dict[str, Any], decoder: Decoder) -> Any:
    import torch
    from safetensors.torch import load

    tensors = load(decoder.buffer(tree))
    if set(tensors) != {"t"}:
        raise Nonsense("tensor")
    if tree.get("p") is True:
        return torch.nn.Parameter(tensors["t"], requires_grad=tree.get("g") is True)
    return tensors["t"].requires_grad_(tree.get("g") is True)


def _write_torch_fact(value: Any, _encoder: Encoder) -> tuple[str, dict[str, Any]]:
    kind = type(value).__name__
    return "torch", {"k": kind, "v": list(value) if kind == "Size" else str(value).removeprefix("torch.")}


def _read_torch_fact(tree: dict[str, Any], decoder: Decoder) -> Any:
    import torch

    kind = decoder.text(tree, "k")
    if kind == "Size":
        return torch.Size(decoder.values(tree))
    if kind == "device":
        return torch.device(decoder.text(tree, "v"))
    found = getattr(torch, decoder.text(tree, "v"), None)
    if not isinstance(found, torch.dtype):
        raise Nonsense("torch")
    return found


READERS: dict[str, Reader] = {
    **tables.READERS,
    "array": _read_array,
    "objects": _read_objects,
    "scalar": _read_scalar,
    "dtype": _read_dtype,
    "random": _read_random,
    "generator": _read_generator,
    "randomstate": _read_random_state,
    "sparse": _read_sparse,
    "tensor": _read_tensor,
    "torch": _read_torch_fact,
}
