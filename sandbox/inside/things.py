"""What crosses beside plain values: errors by type, names of libraries, and handles for everything else."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

from sandbox.inside.proxies import HARMLESS, Inert, Proxy, Remote, operations_of, proxy_for, remote_of
from sandbox.inside.values import CannotCross, Decoder, Encoder, Nonsense, Tree, name_of

LONGEST_NAME = 200
LONGEST_PATH = 120
MOST_HANDLES = 100_000
MOST_BASES = 20
# They would show more of their process than the one object.
_NEVER = (types.FrameType, types.TracebackType, types.CodeType, types.CoroutineType, types.CellType)
# From these a checker takes a class or a function by its name when the learner's code says so.
_PURE = frozenset(
    [
        "math",
        "cmath",
        "operator",
        "statistics",
        "fractions",
        "decimal",
        "collections",
        "datetime",
        "itertools",
        "functools",
        "string",
        "re",
        "typing",
        "numbers",
        "random",
        "copy",
        "heapq",
        "bisect",
        "numpy",
        "pandas",
        "scipy",
        "sklearn",
        "matplotlib",
        "torch",
        "numba",
        "networkx",
        "sympy",
    ]
)
_PURE_BUILTINS = frozenset(
    [
        "abs",
        "all",
        "any",
        "bool",
        "bytearray",
        "bytes",
        "callable",
        "chr",
        "complex",
        "dict",
        "divmod",
        "enumerate",
        "filter",
        "float",
        "frozenset",
        "hash",
        "hex",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "list",
        "map",
        "max",
        "min",
        "next",
        "object",
        "oct",
        "ord",
        "pow",
        "print",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
    ]
)
_BASES: dict[type, Callable[[Any], Any]] = {
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
    str: lambda value: "".join(str.__iter__(value)),
    int: lambda value: int.__add__(value, 0),
    float: lambda value: float.__add__(value, 0.0),
}


class Policy:
    """Where an object of the other side's own may stand, and what is remembered of it.

    `sites` None: anywhere (the author's solution is being learned); `seen` collects where they came.
    """

    def __init__(self, *, trusted: bool) -> None:
        self.trusted = trusted  # whether the other side may name anything in a library
        self.sites: frozenset[str] | None = None
        self.seen: set[str] = set()
        self.refused: list[str] = []  # wrong types
        self.cannot: list[str] = []  # values that did not cross

    def allows(self, path: str) -> bool:
        self.seen.add(path)
        return self.trusted or self.sites is None or path in self.sites


class Things:
    """The Foreign of one side. Handles are numbers that only this table knows; they live as long as it does."""

    tags = frozenset(["yours", "module", "library", "errorclass", "error", "thing", "argument", "cannot"])

    def __init__(self, policy: Policy, asker: Any, *, lends: Callable[[Any], bool]) -> None:
        self.policy = policy
        self._asker = asker
        self._lends = lends
        self._own: dict[int, Any] = {}
        self._handles: dict[int, int] = {}
        self._proxies: dict[int, Any] = {}
        self._error_classes: dict[int, type[BaseException]] = {}
        self._error_handles: dict[type, int] = {}
        self.path = ""
        self.arguments: dict[Any, Any] = {}  # of the call whose answer is read
        self.aliases: dict[int, Any] = {}  # ids of the arguments of the call that is answered
        self.keeps_aliases = True

    def own(self, handle: Any) -> Any:
        if type(handle) is not int or handle not in self._own:
            raise Nonsense("no such object")
        return self._own[handle]

    # --- writing

    def pack(self, value: Any, encoder: Encoder) -> Tree:
        if isinstance(value, types.TracebackType):  # what `__exit__` is told; nobody else asks
            return None
        return self._theirs(value) or self._by_name(value, encoder) or self._thing(value, encoder)

    def _theirs(self, value: Any) -> Tree:
        """What came from the other side; None for anything else."""
        if issubclass(type(value), Proxy) and remote_of(value).asker is self._asker:
            return {"!": "yours", "h": remote_of(value).handle}
        if type(value) is Inert:
            handle = object.__getattribute__(value, "_handle")
            if handle is None:
                raise CannotCross("a value that did not cross before")
            return {"!": "yours", "h": handle}
        if isinstance(value, type) and value in self._error_handles:
            return {"!": "yours", "h": self._error_handles[value]}
        return None

    def _by_name(self, value: Any, encoder: Encoder) -> Tree:
        """What both sides have, and errors; None for anything else."""
        if type(value) is types.ModuleType and is_library(value.__name__):
            return {"!": "module", "n": value.__name__}
        if isinstance(value, BaseException):
            return self.error(value, encoder)
        if place := _place_in_library(value):
            return {"!": "library", "m": place[0], "n": place[1]}
        if isinstance(value, type) and issubclass(value, BaseException):
            return self._error_class(value)
        return None

    def error(self, error: BaseException, encoder: Encoder) -> Tree:
        facts = {name: value for name, value in vars(error).items() if not name.startswith("_")}
        try:
            told = [encoder.tree(type(error)), encoder.trees(error.args), encoder.tree(facts)]
        except CannotCross:
            told = [Encoder(self).tree(type(error)), [str(error)[:10_000]], {"!": "dict", "v": []}]
        return {"!": "error", "v": told}

    def _error_class(self, kind: type) -> Tree:
        bases = [
            base for base in kind.__mro__ if base.__module__ == "builtins" or is_library(base.__module__)
        ]
        base = next(base for base in bases if issubclass(base, BaseException))
        own = [
            self._error_class(parent)
            for parent in kind.__bases__
            if parent not in bases and issubclass(parent, BaseException)
        ]
        place = {"!": "library", "m": base.__module__, "n": base.__qualname__}
        return {
            "!": "errorclass",
            "h": self._handle(kind),
            "n": _plain_name(kind),
            "b": [*own, place][:MOST_BASES],
        }

    def _thing(self, value: Any, encoder: Encoder) -> Tree:
        if isinstance(value, _NEVER) or not self._lends(value):
            raise CannotCross(f"an object of the type {name_of(type(value))}")
        kind = type(value)
        is_class = isinstance(value, type)
        operations = ["call"] if is_class else operations_of(kind)
        library = (
            [kind.__module__, kind.__qualname__] if is_library(kind.__module__) and not is_class else None
        )
        tree = {
            "!": "thing",
            "h": self._handle(value),
            "n": _plain_name(kind),
            "c": is_class,
            "o": operations,
            "l": library,
        }
        for base, plain in _BASES.items():
            if isinstance(value, base):
                try:
                    return {**tree, "p": encoder.tree(plain(value))}
                except CannotCross:
                    break
        return tree

    def _handle(self, value: Any) -> int:
        handle = self._handles.get(id(value))
        if handle is None:
            handle = len(self._own) + 1
            if handle > MOST_HANDLES:
                raise CannotCross(f"more than {MOST_HANDLES:,} objects")
            self._own[handle], self._handles[id(value)] = value, handle
        return handle

    # --- reading

    def unpack(self, tag: str, tree: dict[str, Any], decoder: Decoder) -> Any:
        return getattr(self, f"_read_{tag}")(tree, decoder)

    def _read_yours(self, tree: dict[str, Any], _decoder: Decoder) -> Any:
        return self.own(tree.get("h"))

    def _read_argument(self, tree: dict[str, Any], _decoder: Decoder) -> Any:
        key = tree.get("k")
        if type(key) not in {int, str} or key not in self.arguments:
            raise Nonsense("argument")
        return self.arguments[key]

    def _read_cannot(self, tree: dict[str, Any], decoder: Decoder) -> Any:
        why = decoder.text(tree, "w")[:LONGEST_NAME]

        def refuse() -> None:
            self.policy.cannot.append(why)
            raise CannotCross(why)

        return Inert(None, refuse)

    def _read_module(self, tree: dict[str, Any], decoder: Decoder) -> Any:
        name = _name(decoder.text(tree, "n"))
        if (
            not self.policy.trusted
            and name.partition(".")[0] not in _PURE
            and not self.policy.allows(f"module {name}")
        ):
            return self._refused(None, f"the module {name}")
        self.policy.seen.add(f"module {name}")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise Nonsense(name) from error

    def _read_library(self, tree: dict[str, Any], decoder: Decoder) -> Any:
        module, name = _name(decoder.text(tree, "m")), _name(decoder.text(tree, "n"))
        if not self.policy.trusted and not _is_known(module):
            return self._refused(None, f"{module}.{name}")
        found = _look_up(module, name)
        if self.policy.trusted or (isinstance(found, type) and issubclass(found, BaseException)):
            return found
        is_pure = name in _PURE_BUILTINS if module == "builtins" else module.partition(".")[0] in _PURE
        is_safe = is_pure and callable(found) and "pickle" not in name and "load" not in name
        if is_safe or self.policy.allows(f"{module}.{name}"):
            return found
        return self._refused(None, f"{module}.{name}")

    def _read_errorclass(self, tree: dict[str, Any], decoder: Decoder) -> Any:
        handle, name = decoder.integer(tree, "h"), _name(decoder.text(tree, "n"))
        if handle not in self._error_classes:
            bases = tuple(dict.fromkeys(decoder.values(tree, "b")))
            if not bases or not all(
                isinstance(base, type) and issubclass(base, BaseException) for base in bases
            ):
                raise Nonsense("error class")
            made: type[BaseException] = type(name.rpartition(".")[2], bases, {"__module__": "__main__"})
            self._error_classes[handle], self._error_handles[made] = made, handle
        return self._error_classes[handle]

    def _read_error(self, tree: dict[str, Any], decoder: Decoder) -> BaseException:
        told = decoder.list_of(tree)
        kind, facts = decoder.value(told[0]), decoder.value(told[2])
        arguments = [decoder.value(argument) for argument in told[1]]
        if type(kind) is Inert:  # of a library that we do not know
            kind = Exception
        if not (isinstance(kind, type) and issubclass(kind, BaseException)) or type(facts) is not dict:
            raise Nonsense("error")
        try:
            error = kind(*arguments)
        except Exception:
            error = kind.__new__(kind)
            error.args = tuple(arguments)
        if kind.__module__ == "__main__":
            for name, value in facts.items():
                if type(name) is str and name.isidentifier() and not name.startswith("_"):
                    setattr(error, name, value)
        return error

    def _read_thing(self, tree: dict[str, Any], decoder: Decoder) -> Any:
        handle, name = decoder.integer(tree, "h"), _name(decoder.text(tree, "n"))
        operations = frozenset(decoder.text({"o": item}, "o") for item in decoder.list_of(tree, "o"))
        known = self._proxies.get(handle)
        # Whoever is known already may be a guest in one place and a forgery in another.
        all_operations = operations | (remote_of(known).operations if known is not None else frozenset())
        if not all_operations <= HARMLESS and not self.policy.allows(self.path):
            if "p" in tree:
                return decoder.value(tree["p"])
            return self._refused(handle, f"an object of its own type {name}")
        if known is not None:
            return known
        library = self._library_class(tree.get("l"))
        path = self.path[-LONGEST_PATH:]
        is_class = tree.get("c") is True
        remote = Remote(self._asker, handle, name=name, path=path, operations=operations, is_class=is_class)
        if len(self._proxies) > MOST_HANDLES:
            raise Nonsense("too many objects")
        self._proxies[handle] = proxy_for(remote, library)
        return self._proxies[handle]

    @staticmethod
    def _library_class(place: Any) -> type | None:
        """Never that of a value: those cross as what they are."""
        if type(place) is not list or len(place) != 2 or not all(type(word) is str for word in place):  # noqa: PLR2004
            return None
        root = place[0].partition(".")[0]
        if (
            not _is_known(place[0])
            or root in {"builtins", "numpy", "pandas", "decimal", "fractions", "datetime"}
            or not is_library(place[0])
        ):
            return None
        try:
            found = _look_up(place[0], place[1])
        except Nonsense:
            return None
        return found if isinstance(found, type) else None

    def _refused(self, handle: int | None, what: str) -> Inert:
        from sandbox.inside.proxies import WrongType

        path = self.path

        def refuse() -> None:
            sentence = f"{path} gave {what} where the author's solution gives a plain value."
            self.policy.refused.append(sentence)
            raise WrongType(sentence)

        return Inert(handle, refuse)


def is_library(module: str) -> bool:
    """Whether a module is of Python or of the environment, and not written by whoever is graded."""
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names:
        return root not in {"__main__", "antigravity", "this"}
    found = sys.modules.get(root)
    file = getattr(found, "__file__", None)
    return isinstance(file, str) and file.startswith((sys.prefix, sys.base_prefix))


def _is_known(module: str) -> bool:
    """Whether it may be imported because a stranger names it."""
    return module in sys.modules or module.partition(".")[0] in _PURE


def _place_in_library(value: Any) -> tuple[str, str] | None:
    kinds = (type, types.FunctionType, types.BuiltinFunctionType)
    if not isinstance(value, kinds) and type(value).__name__ not in {"ufunc", "_ArrayFunctionDispatcher"}:
        return None
    module = getattr(value, "__module__", None) or ("numpy" if type(value).__name__ == "ufunc" else None)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(name, str) or not is_library(module) or "<" in name:
        return None
    return (module, name) if _found(module, name) is value else None


def _found(module: str, name: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _look_up(module: str, name: str) -> Any:
    if module != "builtins" and not is_library(module):
        root = module.partition(".")[0]
        if root in _PURE:
            importlib.import_module(root)
        if not is_library(module):
            raise Nonsense(module)
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise Nonsense(module) from error
    found = _found(module, name)
    if found is None or isinstance(found, types.ModuleType):
        raise Nonsense(name)
    return found


def _plain_name(kind: type) -> str:
    """`type("any text", ...)` makes classes whose names nobody could write."""
    return kind.__name__ if kind.__name__.isidentifier() and len(kind.__name__) <= LONGEST_NAME else "Unnamed"


def _name(text: str) -> str:
    if len(text) > LONGEST_NAME or not all(part.isidentifier() for part in text.split(".")):
        if text not in {"<lambda>", ""}:
            raise Nonsense("name")
        return "function"
    return text
