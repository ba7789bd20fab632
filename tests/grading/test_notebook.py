from __future__ import annotations

import io
import json
import zipfile

import pytest

from grading import notebook
from grading.nbgrader_adapter import release
from tests.factories import adding, answered, code_cell, source_notebook, test_cell


def master_of(source: notebook.Notebook) -> notebook.Notebook:
    return release(notebook.dump(source)).master


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("exercise.ipynb", "{}")
    return buffer.getvalue()


@pytest.mark.fault("JSON that is nested 100,000 deep")
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a Jupyter notebook"),
        (b"hello", "not a Jupyter notebook"),
        (b'{"cells": [', "breaks off"),
        (b"\x00\xff\xfe", "not a Jupyter notebook"),
        (b"{\xff}", "breaks off"),
        (b"[]", "not a Jupyter notebook"),
        (b'{"a": 1}', "not a Jupyter notebook"),
        (b'{"cells": [1]}', "not a Jupyter notebook"),
        (b'{"cells": "x"}', "not a Jupyter notebook"),
        (b'{"worksheets": [{"cells": 5}, null, 7]}', "another exercise"),
        (b'["' + rb"\"" * 2_000_000, "breaks off"),
        (zipped(), "zip archive"),
        (b" " * (notebook.MAX_BYTES + 1), "larger than 10 MB"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"cells": [], "x": [' + b"[]," * 400_000 + b"[]]}", "more parts"),
        ('{"cells": []}'.encode("utf-16"), "not a Jupyter notebook"),
        (b'{"cells": [' + b"{}," * 2_000 + b"{}]}", "more than 2,000 cells"),
    ],
)
def test_what_is_no_notebook_is_refused_with_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(notebook.NotebookRefused, match=words):
        notebook.rebuild(notebook.parse(data), master_of(adding()))


def test_brackets_inside_strings_are_not_depth() -> None:
    data = json.dumps({"cells": [{"cell_type": "markdown", "source": "[" * 500 + '\\"'}]}).encode()
    assert len(notebook.parse(data)["cells"]) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"cell_type": 7, "source": 7, "metadata": "x"},
        {"cell_type": [], "source": "\ud800", "metadata": {}},
        {"cell_type": "code", "source": ["a", 1, "b"], "metadata": {"nbgrader": "x"}},
        {"cell_type": "code", "source": "1", "metadata": {"nbgrader": {"grade_id": 5}}},
    ],
)
def test_odd_types_are_read_as_plain_cells(odd: dict[str, object]) -> None:
    parsed = notebook.parse(json.dumps({"cells": [odd]}).encode())
    assert notebook.grade_id(parsed["cells"][0]) == ""
    notebook.dump(parsed)


def test_format_3_and_a_byte_order_mark_are_read() -> None:
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n", "x"]}]}], "nbformat": 3}
    parsed = notebook.parse(b"\xef\xbb\xbf" + json.dumps(old).encode())
    assert parsed["cells"][0]["source"] == "x = 1\nx"


def test_another_exercise_is_refused() -> None:
    other = source_notebook(code_cell("1"), test_cell("other-test", "assert True", 1))
    with pytest.raises(notebook.NotebookRefused, match="another exercise"):
        notebook.rebuild(notebook.parse(notebook.dump(other)), master_of(adding()))


def rebuilt_sources(submitted: notebook.Notebook, source: notebook.Notebook) -> list[str]:
    rebuilt = notebook.rebuild(notebook.parse(notebook.dump(submitted)), master_of(source))
    return [cell["source"] for cell in rebuilt.notebook["cells"]]


def test_only_answers_come_from_the_learner() -> None:
    submitted = notebook.parse(answered(adding(), add="def add(a, b):\n    return a + b"))
    for cell in submitted["cells"]:
        if notebook.grade_id(cell) == "test-add":
            cell["source"] = "pass"
            cell["metadata"]["nbgrader"]["points"] = 999
            cell["metadata"]["tags"] = ["skip-execution"]
    rebuilt = notebook.rebuild(submitted, master_of(adding())).notebook
    cells = {notebook.grade_id(cell): cell for cell in rebuilt["cells"]}
    assert cells["add"]["source"] == "def add(a, b):\n    return a + b"
    assert cells["test-add"]["source"] == "assert add(1, 2) == 3, 'one and two make three'"
    assert cells["test-add"]["metadata"]["nbgrader"]["points"] == 2
    assert "tags" not in cells["test-add"]["metadata"]
    assert "assert add(-1, 1) == 0" in cells["test-add-hidden"]["source"]


def test_the_last_of_duplicated_answers_counts_and_is_told() -> None:
    submitted = notebook.parse(answered(adding(), add="first = 1"))
    copy = next(cell for cell in submitted["cells"] if notebook.grade_id(cell) == "add") | {
        "source": "second = 2"
    }
    submitted["cells"].append(copy)
    rebuilt = notebook.rebuild(submitted, master_of(adding()))
    assert "second = 2" in [cell["source"] for cell in rebuilt.notebook["cells"]]
    assert "first = 1" not in [cell["source"] for cell in rebuilt.notebook["cells"]]
    assert rebuilt.notices == ("duplicated",)


def test_deleted_cells_are_put_back_and_told() -> None:
    submitted = notebook.parse(answered(adding(), add="x = 1"))
    submitted["cells"] = [
        cell for cell in submitted["cells"] if not notebook.grade_id(cell).startswith("test")
    ]
    rebuilt = notebook.rebuild(submitted, master_of(adding()))
    assert rebuilt.notices == ("deleted",)
    assert len(rebuilt.notebook["cells"]) == len(master_of(adding())["cells"])


def test_nothing_changed_is_told() -> None:
    assert notebook.rebuild(notebook.parse(answered(adding())), master_of(adding())).notices == ("unchanged",)


def test_extra_cells_run_behind_the_cell_they_stood_behind() -> None:
    source = adding()
    submitted = notebook.parse(answered(source, add="x = helper()"))
    submitted["cells"].insert(1, code_cell("def helper(): return 1"))
    assert rebuilt_sources(submitted, source)[:3] == ["import math", "def helper(): return 1", "x = helper()"]


def test_an_edited_setup_cell_runs_behind_the_authors() -> None:
    source = adding()
    submitted = notebook.parse(answered(source, add="x = 1"))
    submitted["cells"][0]["source"] = "import math, random"
    assert rebuilt_sources(submitted, source)[:3] == ["import math", "import math, random", "x = 1"]


def test_an_empty_answer_leaves_the_cell_as_handed_out() -> None:
    released = release(notebook.dump(adding())).released
    assert notebook.with_answers(released, {"add": "  \n", "why": ""}) == released
