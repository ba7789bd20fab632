"""What the source of a cell says about its variables, without running it."""

from __future__ import annotations

import ast
import dis
import types
from collections.abc import Iterator

# With these a test could run the learner's code where the tests are.
_RUNS_CODE = frozenset(
    [
        *("exec", "eval", "compile", "__import__", "get_ipython", "run_path", "run_module", "import_module"),
        *("pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "read_pickle", "allow_pickle"),
        *("In", "_ih", "_i", "_ii"),
    ]
)
_INLINE = frozenset(["<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>"])


def without_magics(source: str) -> str:
    """Lines of IPython's own syntax become empty: what is left can be parsed as Python."""
    lines = source.split("\n")
    if lines and lines[0].startswith("%%"):
        return ""
    return "\n".join("pass" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


def assigned(source: str) -> frozenset[str]:
    """The variables that a cell sets when it runs."""
    code = _code(source)
    if code is None:
        return frozenset()
    stores = {"STORE_NAME", "STORE_GLOBAL"}
    return frozenset(
        i.argval for part in _parts(code) for i in dis.get_instructions(part) if i.opname in stores
    )


def read_by_functions(source: str) -> frozenset[str]:
    """The variables of the notebook that functions and classes of a cell read when they are called."""
    code = _code(source)
    if code is None:
        return frozenset()
    parts = [part for part in _parts(code) if part is not code]
    return frozenset(i.argval for part in parts for i in dis.get_instructions(part) if _reads(i))


def read_at_once(source: str) -> frozenset[str]:
    """The variables that a cell reads while it runs, comprehensions included."""
    code = _code(source)
    if code is None:
        return frozenset()
    inline = [
        code,
        *(
            part
            for part in _parts(code)
            if part.co_name in {"<listcomp>", "<genexpr>", "<setcomp>", "<dictcomp>"}
        ),
    ]
    return frozenset(i.argval for part in inline for i in dis.get_instructions(part) if _reads(i))


def defines(source: str) -> bool:
    """Whether a cell defines functions or classes, or imports."""
    tree = _tree(source)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return tree is not None and any(isinstance(node, kinds) for node in tree.body)


def runs_code(source: str) -> str:
    """What in a test would run the learner's code beside it, or ""."""
    if any(line.lstrip().startswith(("%run", "%load", "%%", "!")) for line in source.split("\n")):
        return "a magic command"
    tree = _tree(source)
    if tree is None:
        return ""
    for node in ast.walk(tree):
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        if isinstance(node, ast.keyword):
            name = node.arg or ""
        elif isinstance(node, ast.alias):
            name = node.name.partition(".")[0] if node.name.partition(".")[0] in _RUNS_CODE else node.name
        if name in _RUNS_CODE and not (isinstance(node, ast.Attribute) and name in {"compile", "eval"}):
            return name
    return ""


def _reads(instruction: dis.Instruction) -> bool:
    return instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME"}


def _tree(source: str) -> ast.Module | None:
    try:
        return ast.parse(without_magics(source))
    except (SyntaxError, ValueError, RecursionError):
        return None


def _code(source: str) -> types.CodeType | None:
    try:
        code: types.CodeType = compile(
            without_magics(source), "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        )
    except (SyntaxError, ValueError, RecursionError):
        return None
    return code


def _parts(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _parts(constant)
