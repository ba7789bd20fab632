"""The variables of a notebook whose cells run in two processes: who owns which, and how one sees the other's."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from typing import Any

from sandbox.inside.mutation import print_of
from sandbox.inside.things import Things
from sandbox.inside.values import CannotCross, Decoder, Encoder, Nonsense, Tree

MOST_NAMES = 10_000
_PATCHED = ("input", "print", "open")


class Names:
    """The variables of one side that the other knows (`shared`), told anew whenever they have changed."""

    def __init__(self, variables: dict[str, Any], things: Things) -> None:
        self.variables = variables
        self.shared: set[str] = set()
        self._things = things
        self._told: dict[str, Any] = {}
        self._given: dict[str, Any] = {}

    def share(self, names: Iterable[str]) -> None:
        self.shared = set(names)
        self._told = {name: mark for name, mark in self._told.items() if name in self.shared}

    def settle(self, names: Iterable[str]) -> None:
        """Both sides have these as they are now."""
        for name in names:
            self._told[name] = self._mark(name)

    def changed(self, encoder: Encoder) -> dict[str, Any]:
        """{"set": [[name, value]], "gone": [name]}; by being asked it counts as told."""
        told: dict[str, list[Any]] = {"set": [], "gone": []}
        for name in sorted(self.shared):
            mark = self._mark(name)
            if self._told.get(name) == mark:
                continue
            self._told[name] = mark
            if mark is None:
                told["gone"].append(name)
            else:
                told["set"].append([name, _tree(self.variables[name], encoder)])
        return {key: value for key, value in told.items() if value}

    def take(self, told: Any, decoder: Decoder, *, only: set[str] | None = None) -> None:
        """What the other side told. With `only`, other names are not its business, nor what we have set since."""
        if type(told) is not dict:
            raise Nonsense("names")
        for pair in decoder.list_of(told, "set") if "set" in told else ():
            if type(pair) is not list or len(pair) != 2 or type(pair[0]) is not str:  # noqa: PLR2004 - a pair
                raise Nonsense("names")
            before, self._things.path = self._things.path, pair[0]
            value = decoder.value(pair[1])
            self._things.path = before
            if self._may_set(pair[0], only):
                self.variables[pair[0]] = self._given[pair[0]] = value
                self.settle([pair[0]])
        for name in decoder.list_of(told, "gone") if "gone" in told else ():
            if type(name) is str and self._may_set(name, only):
                self.variables.pop(name, None)
                self._given.pop(name, None)
                self.settle([name])

    def _may_set(self, name: str, only: set[str] | None) -> bool:
        """A test that sets a variable and then calls the learner's code must find it as it set it."""
        nothing = self._given
        return only is None or (
            name in only and self.variables.get(name, nothing) is self._given.get(name, nothing)
        )

    def _mark(self, name: str) -> Any:
        """None for a variable that is not there."""
        return print_of(self.variables[name], self._things) if name in self.variables else None


def _tree(value: Any, encoder: Encoder) -> Tree:
    try:
        return encoder.tree(value)
    except CannotCross as error:
        return {"!": "cannot", "w": str(error)}


class Builtins:
    """What a test puts in the place of `input`, `print` and `open`, so that the learner's code meets it too."""

    def __init__(self) -> None:
        self._original = {name: getattr(builtins, name) for name in _PATCHED}
        self._told = dict(self._original)

    def changed(self, encoder: Encoder) -> list[list[Tree]]:
        now = {name: getattr(builtins, name, None) for name in _PATCHED}
        new = [name for name in _PATCHED if now[name] is not self._told[name]]
        self._told = now
        return [
            [name, None if now[name] is self._original[name] else _tree(now[name], encoder)] for name in new
        ]

    def take(self, told: Any, decoder: Decoder) -> None:
        for name, tree in told:
            setattr(builtins, name, self._original[name] if tree is None else decoder.value(tree))


def names_in(source: str) -> set[str]:
    """Every variable that a cell mentions, in whatever function."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            found.update(node.names)
        elif isinstance(node, ast.Subscript):  # globals()["f"]
            found.update(_names_among([node.slice]))
        elif isinstance(node, ast.Call):
            # `globals().get("f")`, `hasattr(__main__, "f")` and the like
            found.update(_names_among(node.args))
        elif isinstance(node, ast.Compare):  # "f" in globals()
            found.update(_names_among([node.left]))
    return found


def _names_among(nodes: Iterable[ast.AST]) -> Iterable[str]:
    texts = (node.value for node in nodes if isinstance(node, ast.Constant))
    return (text for text in texts if isinstance(text, str) and text.isidentifier())
