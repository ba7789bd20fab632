"""Whatever the code puts on record, the page of the audit log can say in words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from people.audit.registry import actions

_ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    """All of ours but tests."""
    apps = ("courses", "dashboards", "grading", "lms", "people", "records")
    return [path for app in apps for path in sorted(Path(settings.BASE_DIR, app).rglob("*.py"))]


def recorded(source: str) -> set[str]:
    """The actions that a module hands to `audit`, itself or through functions of its own that pass them on."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    names, found = {"audit"}, set[str]()
    while True:
        calls = [(function, call) for function in functions for call in _calls(function, names)]
        passing = {function.name for function, call in calls if _is_handed_on(function, call.args[0])}
        if passing <= names:
            break
        names |= passing
    for function, call in calls:
        if not _is_handed_on(function, call.args[0]):
            said = set(_actions(function, call.args[0]))
            assert said, f"{function.name}, line {call.lineno}: no action is written there"
            found |= said
    return found


def _calls(function: _Function, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and node.args:
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in names:
                yield node


def _is_handed_on(function: _Function, value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id in {argument.arg for argument in function.args.args}


def _actions(function: _Function, value: ast.expr) -> Iterator[str]:
    """Those written in an expression, or in what was assigned to its variable."""
    values = [value]
    if isinstance(value, ast.Name):
        assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
        values = [one.value for one in assigned if ast.unparse(one.targets[0]) == value.id]
    for node in (inner for one in values for inner in ast.walk(one)):
        if isinstance(node, ast.Constant) and _ACTION.fullmatch(str(node.value)):
            yield str(node.value)


def test_every_action_in_the_code_has_words() -> None:
    written = {action for path in modules() for action in recorded(path.read_text())}
    assert {"role.give", "employment.end", "job_role.rename", "admin.delete", "mail.read"} <= written
    assert written - set(actions) == set()


def test_no_words_are_kept_for_what_no_code_does() -> None:
    written = {action for path in modules() for action in recorded(path.read_text())}
    assert set(actions) - written == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(): audit('a.b', x, by=None)", {"a.b"}),
        ("def f(): self.ledger.audit('a.b', x)", {"a.b"}),
        ("def f():\n a = 'a.b' if x else 'c.d'\n audit(a, x)", {"a.b", "c.d"}),
        ("def g(action, x): audit(action, x)\ndef f(): g('a.b', x)", {"a.b"}),
        ("def f(): other('a.b')", set()),
    ],
)
def test_actions_are_found_however_they_are_written(source: str, found: set[str]) -> None:
    assert recorded(source) == found
