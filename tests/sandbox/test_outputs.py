"""A cell's outputs are those that Jupyter would have stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from tests.sandbox.conftest import RunCells, error_of, text_of

PNG = b"\x89PNG"


def kinds(result_outputs: tuple[dict[str, object], ...]) -> list[object]:
    return [output["output_type"] for output in result_outputs]


def test_a_value_is_shown_and_numbered_like_in_a_notebook(run_cells: RunCells) -> None:
    result = run_cells("x = 20", "x + 22", "x;")
    assert [cell.status for cell in result.cells] == ["ok", "ok", "ok"]
    assert result.cells[1].outputs == (
        {"output_type": "execute_result", "data": {"text/plain": "42"}, "metadata": {}, "execution_count": 2},
    )
    assert result.cells[0].outputs == result.cells[2].outputs == ()


def test_prints_and_values_and_errors_keep_their_order(run_cells: RunCells) -> None:
    cell = run_cells(
        "import os, sys\nprint('a')\nos.system('echo b')\ndisplay('c')\nprint('d', file=sys.stderr)\n"
        "os.system('echo e >&2')\nprint('f')\n1/0"
    ).cells[0]
    assert kinds(cell.outputs) == ["stream", "display_data", "stream", "stream", "error"]
    texts = [output.get("text") for output in cell.outputs]
    assert texts == ["a\nb\n", None, "d\ne\n", "f\n", None]


def test_an_error_is_plain_text_names_its_line_and_does_not_stop_the_run(run_cells: RunCells) -> None:
    broken, in_function, syntax, after = run_cells(
        "\n\na = 1\n1/0", "def f():\n    raise ValueError('뭐')\n\nf()", "x = (", "print('on')"
    ).cells
    assert (broken.status, broken.line) == ("error", 4)
    assert (in_function.status, in_function.line) == ("error", 2)
    assert (syntax.status, syntax.line) == ("error", 1)
    assert error_of(in_function) == "ValueError: 뭐"
    assert "\x1b" not in json.dumps(in_function.outputs)
    assert all("\n" not in line for line in in_function.outputs[0]["traceback"])
    assert text_of(after) == "on\n"


def test_figures_come_as_png_with_korean_labels_and_without_a_warning(run_cells: RunCells) -> None:
    result = run_cells(
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "plt.plot([-1, 2]); plt.title('한글 제목'); plt.show()",
        "plt.figure(); plt.plot([1, 2])",
        "plt.rcParams['font.family'][0]",
    )
    assert [cell.status for cell in result.cells] == ["ok"] * 4, result.cells
    assert not any(text_of(cell, "stderr") for cell in result.cells)
    shown = result.cells[1].outputs[0]
    assert kinds(result.cells[1].outputs) == ["display_data"]
    assert base64.b64decode(shown["data"]["image/png"]).startswith(PNG)
    assert kinds(result.cells[2].outputs) == ["execute_result", "display_data"]
    assert result.cells[3].outputs[0]["data"]["text/plain"] == "'NanumGothic'"


def test_rich_values_and_updated_displays(run_cells: RunCells) -> None:
    frame, updated, cleared = run_cells(
        "import pandas as pd\npd.DataFrame({'a': [1]})",
        "h = display('one', display_id=True)\nh.update('two')",
        "from IPython.display import clear_output\nprint('old'); clear_output(wait=True); print('new')",
    ).cells
    assert "<table" in frame.outputs[0]["data"]["text/html"]
    assert [output["data"]["text/plain"] for output in updated.outputs] == ["'two'"]
    assert text_of(cleared) == "new\n"


def test_await_magics_and_shell_lines_work(run_cells: RunCells) -> None:
    awaited, magic, line, cell_magic = run_cells(
        "import asyncio\nawait asyncio.sleep(0, 'slept')",
        "%time 1 + 1",
        "!echo hello",
        "%%bash\necho from bash",
    ).cells
    assert awaited.outputs[0]["data"]["text/plain"] == "'slept'"
    assert magic.status == "ok"
    assert "hello" in text_of(line)
    assert text_of(cell_magic) == "from bash\n"


def test_exit_is_an_error_of_its_cell_and_input_finds_nobody(run_cells: RunCells) -> None:
    *ended, asked, after = run_cells(
        "import sys; sys.exit(3)", "exit()", "quit", "input('name? ')", "print('still here')"
    ).cells
    assert [cell.status for cell in ended] == ["error"] * 3
    assert error_of(ended[0]) == "SystemExit: 3"
    assert error_of(asked).startswith("EOFError: input('name? ')")
    assert text_of(after) == "still here\n"


def test_subprocesses_and_forked_children_are_heard(printed: Callable[..., str]) -> None:
    text = printed(
        "import os, subprocess, sys, multiprocessing\n"
        "subprocess.run([sys.executable, '-c', 'print(1)'], check=True)\n"
        "p = multiprocessing.get_context('fork').Process(target=print, args=('2',)); p.start(); p.join()\n"
        "sys.stdout.buffer.write(b'3\\n'); print('4')"
    )
    assert text == "1\n2\n3\n4\n"


def test_the_libraries_work_with_their_data_and_a_compiler(printed: Callable[..., str]) -> None:
    text = printed(
        "import numba, numpy as np\n"
        "from sklearn.datasets import load_digits\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "X, y = load_digits(return_X_y=True)\n"
        "print(len(LogisticRegression(max_iter=20).fit(X[:200], y[:200]).predict(X[:5])) )\n"
        "print(numba.njit(cache=False)(lambda a: a + 1)(41))",
        memory_mb=1024,
    )
    assert text.split() == ["5", "42"]


def test_pools_and_pipes_have_enough_descriptors(printed: Callable[..., str]) -> None:
    text = printed(
        "import asyncio, multiprocessing, resource, subprocess, sys\n"
        "import matplotlib.pyplot, numba, numpy, pandas, sklearn.ensemble\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[1])\n"
        "with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2]))\n"
        "with ProcessPoolExecutor(4) as pool: print(list(pool.map(abs, range(-20, 0)))[0])\n"
        "queues = [multiprocessing.Queue() for _ in range(8)]\n"
        "forest = sklearn.ensemble.RandomForestClassifier(8, n_jobs=2).fit([[0], [1]] * 9, [0, 1] * 9)\n"
        "print(forest.predict([[1]]))\n"
        "programs = [subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(8)]\n"
        "for program in programs: program.communicate(b'x')\n"
        "process = await asyncio.create_subprocess_exec(sys.executable, '-c', 'print(3)'); await process.wait()",
        memory_mb=1024,
    )
    assert text.split("\n") == ["128", "[1, 2]", "20", "[1]", "3", ""]


def test_files_lie_in_the_working_directory(run_cells: RunCells) -> None:
    content = base64.b64encode("값\n1\n".encode()).decode()
    module = base64.b64encode(b"answer = 42").decode()
    result = run_cells(
        "import os, helper\nprint(open('data/in.csv').read(), helper.answer, sorted(os.listdir()))",
        files={"data/in.csv": content, "helper.py": module},
    )
    assert text_of(result.cells[0]) == "값\n1\n 42 ['data', 'helper.py']\n"


def test_a_cuda_kernel_runs_in_the_simulator(printed: Callable[..., str]) -> None:
    text = printed(
        "import numpy as np\nfrom numba import cuda\n"
        "@cuda.jit\ndef add(a, b, out):\n"
        "    i = cuda.grid(1)\n    cuda.syncthreads()\n"
        "    if i < out.size: out[i] = a[i] + b[i]\n"
        "a = np.arange(300.0); out = np.zeros(300)\nadd[2, 256](a, a, out)\nprint(np.array_equal(out, a * 2))",
        simulator=True,
    )
    assert text == "True\n"
