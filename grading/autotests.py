"""nbgrader's autotest cells: `### AUTOTEST expression` becomes a test of what the author's solution gives.

nbgrader runs the author's code in a Jupyter kernel of its own. Here it runs in the sandbox: one job finds the
type of each expression, which chooses its tests, a second one the values, and a third one proves that the author's
own solution passes what came out. Imported by `nbgrader_adapter` alone.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import InstantiateTests
from nbgrader.utils import is_grade
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

import sandbox
from sandbox import environments

DEFAULT = Path(__file__).with_name("autotests.yml")
FILE = "autotests.yml"
DELIMITER = "AUTOTEST"
_LANGUAGES = ("python3", "python")
_NEEDED, _OPTIONAL = ("dispatch", "normalize", "check"), ("setup", "hash", "success")
# What nbgrader fills in. Anything else of its template language would run as code on this machine.
_FILLED = re.compile(r"\{\{\s*(snippet|value|message|salt)\s*\}\}")
# nbgrader strips quotes off a value, for a check that brings its own; a text with quotes in it then breaks.
_QUOTED = re.compile(r"[\"']\s*\{\{\s*value")
_MAX_FILE, _MAX_VALUE, _MAX_LINE = 200_000, 100_000, 80


class AutotestError(ValueError):
    """Autotests that cannot be made; the message says why and where."""


def has_autotests(notebook: NotebookNode) -> bool:
    return any(cell.cell_type == "code" and DELIMITER in cell.source for cell in notebook.cells)


def instantiate(notebook: NotebookNode, templates: str | None = None) -> NotebookNode:
    """The notebook with its autotest lines replaced by tests. `templates`: the text of a course's autotests.yml.

    Raises AutotestError where a line stands in no test, the author's code fails, or no sandbox is to be had.
    """
    _refuse_misplaced(notebook)
    section = read_templates(DEFAULT.read_text(encoding="utf-8") if templates is None else templates)
    author = _Author(notebook, strip=bool(_QUOTED.search(section["check"])))
    types = _Types(section)
    types.preprocess(copy.deepcopy(notebook), {})
    answers = author.run(types.asked)
    values = _Values(section, [answers[place] for place in types.places])
    values.preprocess(copy.deepcopy(notebook), {})
    made: NotebookNode
    made, _resources = _Tests(section, author.run(values.asked)).preprocess(copy.deepcopy(notebook), {})
    author.prove(made)
    return made


def read_templates(text: str) -> Mapping[str, Any]:
    """The part for Python of an autotests.yml. Raises AutotestError for whatever nbgrader could not fill in."""
    if len(text) > _MAX_FILE:
        raise AutotestError(f"{FILE} is longer than {_MAX_FILE:,} characters")
    try:
        whole = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise AutotestError(f"{FILE} is not valid YAML: {str(error)[:300]}") from error
    section = _mapping(whole, "the file")
    section = _mapping(next((section[name] for name in _LANGUAGES if name in section), None), _LANGUAGES[0])
    for name in _NEEDED:
        _template(section.get(name), name)
    for name in _OPTIONAL:
        if section.get(name) is not None:
            _template(section[name], name)
    tests = _mapping(section.get("templates"), "templates")
    if "default" not in tests:
        raise AutotestError(f"{FILE}: templates need a list named default")
    for name, listed in tests.items():
        if not isinstance(listed, list) or not listed:
            raise AutotestError(f"{FILE}: {name}: a list of tests is needed")
        for test in listed:
            _template(_mapping(test, str(name)).get("test"), f"{name}: test")
            _template(test.get("fail"), f"{name}: fail")
    return section


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise AutotestError(f"{FILE}: {name}: fields of the form `name: value` are needed")
    return value


def _template(value: Any, name: str) -> None:
    if not isinstance(value, str):
        raise AutotestError(f"{FILE}: {name}: a text is needed")
    if any(mark in _FILLED.sub("", value) for mark in ("{{", "{%", "{#")):
        raise AutotestError(
            f"{FILE}: {name}: only {{{{snippet}}}}, {{{{value}}}}, {{{{message}}}} and {{{{salt}}}} are filled in"
        )


def _refuse_misplaced(notebook: NotebookNode) -> None:
    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise AutotestError(f"autotests can be made for Python only, not for {language}")
    for index, cell in enumerate(notebook.cells):
        lines = [line for line in cell.source.split("\n") if line.lstrip().startswith("#")]
        if cell.cell_type == "code" and not is_grade(cell) and any(DELIMITER in line for line in lines):
            raise AutotestError(f"cell {index + 1} holds autotest lines but is no test with points")


class _Pass(InstantiateTests):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's preprocessor without its kernel: it asks, in order, for what pieces of code give."""

    def __init__(self, section: Mapping[str, Any]) -> None:
        super().__init__()
        self.section = section
        self.asked: list[tuple[int, str]] = []
        self.cell = 0

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        resources["kernel_name"] = _LANGUAGES[0]
        self._load_test_template_file(resources)
        self.global_tests_loaded = True
        for index, cell in enumerate(nb.cells):
            self.cell = index
            nb.cells[index], resources = self.preprocess_cell(cell, resources, index)
        return nb, resources

    def _load_test_template_file(self, resources: dict[str, Any]) -> None:
        self.test_templates_by_type = self.section["templates"]
        self.dispatch_template = self.section["dispatch"]
        self.normalize_template = self.section["normalize"]
        self.check_template = self.section["check"]
        self.setup_code = self.section.get("setup")
        self.hash_template = self.section.get("hash")
        self.success_code = self.section.get("success")

    def _execute_code_snippet(self, code: str) -> str | None:
        self.asked.append((self.cell, code))
        return self.answer(len(self.asked) - 1)

    def answer(self, place: int) -> str | None:
        return None


class _Types(_Pass):
    """Asks for the type of each expression only; `places` are where among what was asked."""

    def __init__(self, section: Mapping[str, Any]) -> None:
        super().__init__(section)
        self.places: list[int] = []

    def _instantiate_tests(self, snippet: str, salt: str | None = None) -> tuple[list[str], ...]:
        self.places.append(len(self.asked))
        self._execute_code_snippet(self.dispatch_template_for(snippet))
        return [], [], []

    def dispatch_template_for(self, snippet: str) -> str:
        return _FILLED.sub(lambda _match: snippet, self.dispatch_template)


class _Values(_Pass):
    """Knows the types, and so asks for the value of each test."""

    def __init__(self, section: Mapping[str, Any], types: list[str | None]) -> None:
        super().__init__(section)
        self._types: Iterator[str | None] = iter(types)
        self._is_type = False

    def _instantiate_tests(self, snippet: str, salt: str | None = None) -> Any:
        self._is_type = True  # the first thing that nbgrader then asks for
        return super()._instantiate_tests(snippet, salt)

    def answer(self, place: int) -> str | None:
        is_type, self._is_type = self._is_type, False
        return next(self._types) if is_type else None


class _Tests(_Pass):
    """Knows everything, and so writes the tests."""

    def __init__(self, section: Mapping[str, Any], answers: list[str | None]) -> None:
        super().__init__(section)
        self._answers = answers

    def answer(self, place: int) -> str | None:
        return self._answers[place]


class _Author:
    """Runs the author's code in the environment and within the limits that the notebook names."""

    def __init__(self, notebook: NotebookNode, *, strip: bool) -> None:
        self.strip = strip
        settings = notebook.metadata.get("lms") or {}
        try:
            self.environment = str(environments.find(str(settings.get("environment") or "base")).path)
            self.limits = sandbox.Limits(**(settings.get("limits") or {}))
        except (sandbox.SandboxFault, TypeError, ValueError) as error:
            raise AutotestError(str(error)) from error
        self.simulator = settings.get("simulator") is True

    def run(self, asked: list[tuple[int, str]]) -> list[str | None]:
        """What each piece of code shows last."""
        result = self._result(tuple(code for _cell, code in asked))
        for (cell, code), ran in zip(asked, result.cells, strict=True):
            if ran.status != "ok":
                raise AutotestError(
                    f"cell {cell + 1}: the author's own code fails: {_failure(ran)} (in {_short(code)})"
                )
        return [self._shown(ran, cell) for (cell, _code), ran in zip(asked, result.cells, strict=True)]

    def prove(self, made: NotebookNode) -> None:
        """Tests that the author's own solution does not pass, such as those of random numbers, help nobody."""
        code = [(index, cell.source) for index, cell in enumerate(made.cells) if cell.cell_type == "code"]
        result = self._result(tuple(source for _index, source in code))
        for (index, _source), ran in zip(code, result.cells, strict=True):
            if ran.status != "ok":
                raise AutotestError(
                    f"cell {index + 1}: the author's own solution fails its autotests: {_failure(ran)}"
                )

    def _shown(self, ran: sandbox.CellResult, cell: int) -> str | None:
        texts = [
            str(output["data"]["text/plain"])
            for output in ran.outputs
            if output["output_type"] in {"display_data", "execute_result"} and "text/plain" in output["data"]
        ]
        if not texts:
            return None
        if len(texts[-1]) > _MAX_VALUE:
            raise AutotestError(f"cell {cell + 1}: a result is longer than {_MAX_VALUE:,} characters")
        return texts[-1].strip('"').strip("'") if self.strip else texts[-1]

    def _result(self, cells: tuple[str, ...]) -> sandbox.Result:
        job = sandbox.Job(
            environment=self.environment, cells=cells, simulator=self.simulator, limits=self.limits
        )
        try:
            result = sandbox.run(job)
        except sandbox.SandboxFault as error:
            raise AutotestError(f"autotests are made by running the author's code: {error}") from error
        if result.status != "done":
            raise AutotestError(f"the author's own code does not end well: {result.detail or result.status}")
        return result


def _failure(ran: sandbox.CellResult) -> str:
    errors = [output for output in ran.outputs if output["output_type"] == "error"]
    return f"{errors[-1]['ename']}: {errors[-1]['evalue']}"[:300] if errors else ran.status


def _short(code: str) -> str:
    line = code.strip().split("\n")[-1]
    return line if len(line) <= _MAX_LINE else f"{line[:_MAX_LINE]}…"
