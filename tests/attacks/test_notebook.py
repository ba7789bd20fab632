"""A wrong answer, in a file that was tampered with: it earns no point more than it does untouched."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from django.test import Client

from grading import notebook, queue, work
from grading.services.finishing import finish_job
from grading.splitting import Mode
from tests.attacks.grading import RIGHT, WRONG, cell_of, handed_in, nothing, points, source, total
from tests.factories import answered, course, enrollment, submit

pytestmark = [pytest.mark.sandbox]
attack = pytest.mark.attack
Tamper = Callable[[notebook.Notebook], object]


def skip_tests(submitted: notebook.Notebook) -> None:
    for cell in submitted["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove_cell"]


def flip_flags(submitted: notebook.Notebook) -> None:
    for name in ("test-add", "test-add-hidden"):
        cell_of(submitted, name)["metadata"]["nbgrader"] |= {
            "solution": True,
            "grade": False,
            "locked": False,
        }
        cell_of(submitted, name)["source"] = "pass"


def delete_tests(submitted: notebook.Notebook) -> None:
    submitted["cells"] = [c for c in submitted["cells"] if not notebook.grade_id(c).startswith("test-")]


def strip_metadata(submitted: notebook.Notebook) -> None:
    for name in ("test-add", "test-add-hidden"):
        cell_of(submitted, name)["metadata"].clear()


def reverse_cells(submitted: notebook.Notebook) -> None:
    """With a right answer where the tests are, and the wrong one behind them."""
    submitted["cells"].reverse()
    submitted["cells"].insert(0, {"cell_type": "code", "metadata": {}, "source": RIGHT})
    submitted["cells"].append({"cell_type": "code", "metadata": {}, "source": WRONG})


def emptied_copies(submitted: notebook.Notebook) -> None:
    for name in ("test-add", "test-add-hidden"):
        submitted["cells"].append(cell_of(submitted, name) | {"source": "pass"})


def other_points(submitted: notebook.Notebook) -> None:
    cell_of(submitted, "add")["metadata"]["nbgrader"] |= {"grade": True, "points": 100, "foo": [1]}
    cell_of(submitted, "test-add")["metadata"]["nbgrader"] |= {"points": "1e9", "schema_version": []}
    cell_of(submitted, "test-add-hidden")["metadata"]["nbgrader"]["points"] = -3


def forged_outputs(submitted: notebook.Notebook) -> None:
    value = {
        "output_type": "execute_result",
        "data": {"text/plain": "5.0"},
        "metadata": {},
        "execution_count": 1,
    }
    for cell in submitted["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [value]


def other_kernel(submitted: notebook.Notebook) -> None:
    submitted["metadata"]["kernelspec"] = {"name": "bash", "language": "bash", "display_name": "/bin/sh"}
    submitted["metadata"]["language_info"] = {"name": "none"}


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(skip_tests, marks=attack("a skip-execution tag on a test")),
        pytest.param(flip_flags, marks=attack("flipped flags")),
        pytest.param(delete_tests, marks=attack("a test deleted or stripped of its metadata")),
        pytest.param(strip_metadata, marks=attack("a test deleted or stripped of its metadata")),
        pytest.param(emptied_copies, marks=attack("duplicated cells")),
        pytest.param(other_points, marks=attack("points changed, extra keys, odd types")),
        pytest.param(forged_outputs, marks=attack("stored forged outputs")),
        pytest.param(other_kernel, marks=attack("another kernelspec")),
    ],
)
@pytest.mark.parametrize("mode", ["split", "same_process"])
def test_a_tampered_file_earns_what_its_answer_does(tamper: Tamper, mode: Mode) -> None:
    wrong, right = handed_in(WRONG), handed_in(RIGHT)
    tamper(wrong)
    tamper(right)
    assert nothing(points(wrong, mode).values())
    assert points(right, mode) == {"test-add": 2, "test-add-hidden": 3}


@attack("cells reordered around tests")
def test_cells_in_another_order_run_where_the_author_put_them() -> None:
    wrong = handed_in(WRONG)
    reverse_cells(wrong)
    assert nothing(points(wrong).values())


def zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("exercise.ipynb", bytes(50_000_000))
    return buffer.getvalue()


def attachments() -> bytes:
    picture = {"a.png": {"image/png": "A" * notebook.MAX_BYTES}}
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "", "attachments": picture}]}).encode()


@attack("bombs of JSON, archives and attachments")
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[" * 5_000_000, id="deep"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="deep objects"),
        pytest.param(b'{"cells": [' + b"[]," * 3_000_000 + b"[]]}", id="many parts"),
        pytest.param(b'{"cells": [1' + b"0" * 9_000_000 + b"]}", id="a long number"),
        pytest.param(zip_bomb(), id="archive"),
        pytest.param(attachments(), id="attachment"),
    ],
)
def test_a_bomb_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(notebook.NotebookRefused, match=r"\."):
        notebook.parse(data)


@attack("an own results file")
def test_files_that_look_like_results_are_not_read() -> None:
    forge = (
        "import json\nfor name in ('results.json', '/tmp/results.json', 'gradebook.db', 'output.ipynb'):\n"
        "    open(name, 'w').write(json.dumps({'score': 5, 'test-add': 2, 'test-add-hidden': 3}))\n"
    )
    assert total(points(handed_in(forge + WRONG))) == 0


MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"
LOUD = (
    "from IPython.display import HTML, display\n"
    f"display(HTML({MARKUP!r}))\nprint({MARKUP!r})\n"
    f"def add(a, b):\n    raise ValueError({MARKUP!r})"
)


@attack("scripts in outputs, Markdown and file names")
@pytest.mark.django_db
def test_markup_in_outputs_and_errors_is_shown_as_text(client: Client) -> None:
    taken = enrollment(course(source()))
    submission = submit(taken, answered(source(), add=LOUD))
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    finish_job(str(job.pk))
    client.force_login(taken.person.user)
    page = client.get(f"/submissions/{submission.pk}/").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
