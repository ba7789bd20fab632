"""What stands for an object that lives in the other process: it has exactly the operations that its type has there."""

from __future__ import annotations

import builtins
import operator
import types
from collections.abc import Callable
from typing import Any, Protocol

_BINARY = tuple(
    "add sub mul truediv floordiv mod pow matmul lshift rshift and or xor divmod".split()  # noqa: SIM905 - read as words
)
_IN_PLACE = [f"i{name}" for name in _BINARY if name != "divmod"]
_COMPARING = ["eq", "ne", "lt", "le", "gt", "ge"]
_UNARY = [
    "neg",
    "pos",
    "invert",
    "abs",
    "int",
    "float",
    "complex",
    "index",
    "len",
    "iter",
    "next",
    "reversed",
]
_KEYWORDS = {"and": "and_", "or": "or_"}
# Nobody is deceived by these, whoever answers: what comes back is judged by itself.
HARMLESS = frozenset(["call", "iter", "next", "str", "repr", "format"])
# The learner's code itself answers what the test asks, or sees what it is compared with.
DECIDING = frozenset(
    [*_COMPARING, "contains", "bool", "hash", "exit", *_BINARY, *(f"r{name}" for name in _BINARY)]
)


def _function(name: str) -> Callable[..., Any]:
    if name == "divmod":
        return divmod
    found: Callable[..., Any] = getattr(operator, _KEYWORDS.get(name, name))
    return found


def _reflected(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda thing, other: function(other, thing)


def _enter(thing: Any) -> Any:
    return type(thing).__enter__(thing)


def _exit(thing: Any, *details: Any) -> Any:
    return type(thing).__exit__(thing, *(details or (None, None, None)))


OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda thing, *arguments, **named: thing(*arguments, **named),
    **{name: _function(name) for name in (*_BINARY, *_COMPARING)},
    **{f"r{name}": _reflected(_function(name)) for name in _BINARY},
    **{name: getattr(operator, name) for name in _IN_PLACE if hasattr(operator, name)},
    "iand": operator.iand,
    "ior": operator.ior,
    **{
        name: getattr(operator if name in {"neg", "pos", "invert", "index"} else builtins, name)
        for name in _UNARY
    },
    **{name: getattr(builtins, name) for name in ("bool", "hash", "str", "repr", "round", "format")},
    "contains": operator.contains,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "enter": _enter,
    "exit": _exit,
}
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType)
_UNLESS_OBJECTS = {*_COMPARING, "hash", "str", "repr", "format"}
_NEVER = (
    "__array_interface__",
    "__array_struct__",
    "__array_priority__",
    "__array_ufunc__",
    "__array_function__",
)


class Asker(Protocol):
    """Where a proxy sends what it is asked."""

    def operate(self, proxy: Any, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any: ...

    def attribute(self, proxy: Any, name: str) -> Any: ...

    def set_attribute(self, proxy: Any, name: str, value: Any) -> None: ...

    def delete_attribute(self, proxy: Any, name: str) -> None: ...

    def is_instance(self, proxy: Any, value: Any) -> bool: ...


class Remote:
    """Which object a proxy stands for, and how we came to it (`path`); `name` is that of its type."""

    __slots__ = ("asker", "handle", "is_class", "name", "operations", "path")

    def __init__(
        self, asker: Asker, handle: int, *, name: str, path: str, operations: frozenset[str], is_class: bool
    ) -> None:
        self.asker, self.handle, self.name, self.path = asker, handle, name, path
        self.operations, self.is_class = operations, is_class


class Proxy:
    """The base of all; subclasses are made for the operations that the object has."""

    __slots__ = ("__weakref__", "_remote")
    __array_ufunc__ = None

    def __init__(self, remote: Remote) -> None:
        object.__setattr__(self, "_remote", remote)

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return object.__getattribute__(self, name)
        if name.startswith(("_repr_", "_ipython_")) or name in _NEVER:
            if name == "__array_ufunc__":
                return None
            raise AttributeError(name)
        return remote_of(self).asker.attribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        remote_of(self).asker.set_attribute(self, name, value)

    def __delattr__(self, name: str) -> None:
        remote_of(self).asker.delete_attribute(self, name)

    def __dir__(self) -> list[str]:
        return []

    def __str__(self) -> str:
        return str(remote_of(self).asker.operate(self, "str", (), {}))

    def __repr__(self) -> str:
        return str(remote_of(self).asker.operate(self, "repr", (), {}))

    def __format__(self, form: str) -> str:
        return str(remote_of(self).asker.operate(self, "format", (form,), {}))

    def __reduce_ex__(self, _protocol: Any) -> Any:
        raise TypeError("What lives in the other process cannot be copied.")


def remote_of(proxy: Any) -> Remote:
    remote: Remote = object.__getattribute__(proxy, "_remote")
    return remote


def operations_of(kind: type) -> list[str]:
    """The names of the operations that instances of a type have."""
    if issubclass(kind, _FUNCTIONS):
        return ["call", "repr"]
    found = [name for name in OPERATIONS if _has(kind, name)]
    if "len" in found and "bool" not in found:
        found.append("bool")
    return found


def _has(kind: type, name: str) -> bool:
    """As Python looks for it: in the type's own classes, not in that of the type."""
    for base in kind.__mro__:
        method = vars(base).get(f"__{name}__", vars)
        if method is not vars:
            return method is not None and (name not in _UNLESS_OBJECTS or base is not object)
    return False


def _method(name: str) -> Callable[..., Any]:
    def ask(self: Any, /, *arguments: Any, **named: Any) -> Any:
        return remote_of(self).asker.operate(self, name, arguments, named)

    ask.__name__ = f"__{name}__"
    return ask


_CLASSES: dict[tuple[str, frozenset[str], bool, type | None], type[Proxy]] = {}


def proxy_for(remote: Remote, library_class: type | None = None) -> Proxy:
    """A proxy whose `__class__` is that of a library, where the object's is."""
    key = (remote.name, remote.operations, remote.is_class, library_class)
    if key not in _CLASSES:
        names = remote.operations & OPERATIONS.keys()
        body: dict[str, Any] = {f"__{name}__": _method(name) for name in names}
        body["__slots__"] = ()
        if "eq" in names and "hash" not in names:
            body["__hash__"] = None
        elif "eq" not in names:
            body["__hash__"] = object.__hash__
        if remote.is_class:
            body["__instancecheck__"] = lambda self, value: remote_of(self).asker.is_instance(self, value)
        if library_class is not None:
            body["__class__"] = property(lambda _self: library_class)
        _CLASSES[key] = type(remote.name.rpartition(".")[2] or "object", (Proxy,), body)
    return _CLASSES[key](remote)


class WrongType(TypeError):
    """The learner's code gave an object of a type of its own where the author's solution gives a plain value."""


class Inert:
    """Such an object: it equals nothing, has nothing, and whoever uses it learns why. `refuse` says so and raises."""

    __slots__ = ("_handle", "_refuse")
    __hash__ = object.__hash__

    def __init__(self, handle: int | None, refuse: Callable[[], None]) -> None:
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_refuse", refuse)

    def __getattribute__(self, name: str) -> Any:
        if name in {"__class__", "__doc__"} or name.startswith(("_repr_", "_ipython_")):
            return object.__getattribute__(self, name)
        object.__getattribute__(self, "_refuse")()
        raise AttributeError(name)


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(self: Any, *_arguments: Any, **_named: Any) -> Any:
        object.__getattribute__(self, "_refuse")()
        raise WrongType(name)

    return refuse


for _name in OPERATIONS:
    if _name != "hash":
        setattr(Inert, f"__{_name}__", _refusing(_name))
