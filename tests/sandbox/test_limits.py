"""Each limit ends what goes over it, says so, and spares the rest where it can."""

from __future__ import annotations

import os

import pytest

from sandbox.cgroups import PREFIX, find_tier
from tests.sandbox.conftest import RunCells, error_of, text_of


def test_an_endless_cell_is_interrupted_and_the_next_one_runs(run_cells: RunCells) -> None:
    result = run_cells("x = 1\nwhile True: pass", "print(x)", cell_seconds=0.5)
    assert result.status == "done"
    assert (result.cells[0].status, result.cells[0].line) == ("timeout", 2)
    assert error_of(result.cells[0]) == "CellTimeout: The cell ran longer than 0.5 seconds."
    assert text_of(result.cells[1]) == "1\n"


def test_sleeping_waiting_and_printing_cells_are_interrupted_too(run_cells: RunCells) -> None:
    result = run_cells(
        "import time; time.sleep(60)",
        "import os; os.system('sleep 60')",
        "import asyncio; await asyncio.sleep(60)",
        "while True: print('x' * 10)",
        "try:\n    time.sleep(60)\nexcept BaseException: pass",
        "print('after')",
        cell_seconds=0.5,
        output_bytes=10**9,
    )
    assert result.status == "done", result.detail
    assert [cell.status for cell in result.cells] == ["timeout"] * 5 + ["ok"]


def test_a_cell_that_ignores_interrupts_ends_the_job(run_cells: RunCells) -> None:
    result = run_cells(
        "print('kept')",
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nprint('deaf')\nwhile True: pass",
        "print('never')",
        cell_seconds=0.5,
    )
    assert result.status == "timeout"
    assert "could not be interrupted" in result.detail
    assert [cell.status for cell in result.cells] == ["ok", "timeout", "not_run"]
    assert text_of(result.cells[1]) == "deaf\n"


def test_a_loop_that_swallows_interrupts_does_not_last(run_cells: RunCells) -> None:
    result = run_cells(
        "while True:\n    try:\n        while True: sum(range(999))\n    except BaseException: pass",
        cell_seconds=0.5,
    )
    assert result.cells[0].status == "timeout"
    assert result.seconds < 4


def test_the_whole_job_has_a_limit(run_cells: RunCells) -> None:
    result = run_cells(*["import time; time.sleep(0.4)"] * 5, seconds=1)
    assert result.status == "timeout"
    assert "The job ran longer than its 1 seconds." in result.detail
    assert [cell.status for cell in result.cells] == ["ok", "ok", "timeout", "not_run", "not_run"]


def test_memory_over_the_limit_is_a_memory_error_of_the_cell(run_cells: RunCells) -> None:
    result = run_cells(
        "held = []\nwhile True: held.append(bytearray(8 << 20))",
        "del held\nimport mmap\nmmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)",
        "import numpy as np; np.ones(10**9)",
        "print('on')",
        memory_mb=300,
    )
    assert result.status == "done", result.detail
    assert [cell.status for cell in result.cells] == ["error", "error", "error", "ok"]
    assert error_of(result.cells[0]).startswith("MemoryError")
    assert "MemoryError" in error_of(result.cells[2])
    assert result.peak_memory_mb > 150


@pytest.mark.parametrize("memory_mb", range(297, 301))
def test_a_memory_error_can_be_told_however_little_is_left(run_cells: RunCells, memory_mb: int) -> None:
    result = run_cells(
        "held = []\nwhile True: held.append(bytearray(8 << 20))", "print('on')", memory_mb=memory_mb
    )
    assert [cell.status for cell in result.cells] == ["error", "ok"], result.detail
    assert error_of(result.cells[0]).startswith("MemoryError")


@pytest.mark.attack("a memory hog")
def test_memory_of_many_processes_or_shared_memory_is_counted_together(run_cells: RunCells) -> None:
    many = (
        "import os, time\nfor n in range(20):\n    if os.fork() == 0:\n"
        "        held = bytearray(b'x') * (40 << 20); time.sleep(60)\ntime.sleep(5)"
    )
    shared = (
        "import mmap\nheld = []\nwhile True:\n    m = mmap.mmap(-1, 8 << 20)\n"
        "    for n in range(0, 8 << 20, 4096): m[n] = 1\n    held.append(m)"
    )
    for program in (many, shared):
        result = run_cells(program, "print('never')", memory_mb=300)
        assert (result.status, result.cells[0].status) == ("memory", "error")
        assert error_of(result.cells[0]).startswith("OutOfMemory: The program used more than its 300 MB")
        assert result.cells[1].status == "not_run"
        assert 300 < result.peak_memory_mb < 900


def test_memory_that_no_process_maps_any_more_is_counted_too(run_cells: RunCells) -> None:
    tier = find_tier()
    if tier is None:
        pytest.skip("no control groups can be made here; the watchdog does not see this")
    hide = (
        "import mmap\nheld = []\nfor _ in range(100):\n    m = mmap.mmap(-1, 8 << 20)\n"
        "    for n in range(0, 8 << 20, 4096): m[n] = 1\n    m.madvise(mmap.MADV_DONTNEED); held.append(m)"
    )
    result = run_cells(hide, memory_mb=300)
    assert (result.status, result.cells[0].status) == ("memory", "error")
    assert not [folder for parent in tier.parents for folder in parent.glob(f"{PREFIX}{os.getpid()}-*")]


def test_processes_that_share_pages_are_not_counted_twice(run_cells: RunCells) -> None:
    result = run_cells(
        "import os, time\nheld = b'x' * (100 << 20)\nfor n in range(8):\n"
        "    if os.fork() == 0: time.sleep(1); os._exit(0)\ntime.sleep(0.5)",
        memory_mb=300,
    )
    assert result.status == "done"


@pytest.mark.attack("a flood of output")
def test_endless_output_fails_its_cell_and_is_cut(run_cells: RunCells) -> None:
    result = run_cells(
        "while True: print('A' * 100)",
        "while True:\n    try: print('B' * 100)\n    except Exception: pass",
        "import os\nwhile True: os.write(1, b'C' * 1000)",
        "import subprocess; subprocess.run(['yes'])",
        "print('on')",
        output_bytes=50_000,
        cell_seconds=2,
    )
    assert result.status == "done", result.detail
    assert [cell.status for cell in result.cells[:3]] == ["error"] * 3
    assert result.cells[3].status in {"error", "timeout"}
    for cell in result.cells[:3]:
        assert error_of(cell).startswith("OutputLimitExceeded")
        assert len(text_of(cell)) <= 50_000
    assert text_of(result.cells[4]) == "on\n"


def test_a_large_figure_counts_as_output(run_cells: RunCells) -> None:
    result = run_cells("from IPython.display import HTML\nHTML('x' * 200_000)", "1", output_bytes=100_000)
    assert [cell.status for cell in result.cells] == ["error", "ok"]
    assert error_of(result.cells[0]).startswith("OutputLimitExceeded")


@pytest.mark.attack("a full disk")
def test_the_disk_is_small_and_so_are_single_files(run_cells: RunCells) -> None:
    fill = (
        "import os\nfor folder in ('.', '/tmp', '/dev/shm'):\n    written = 0\n    try:\n        for n in range(100):\n"
        "            with open(f'{folder}/f{n}', 'wb') as file: written += file.write(bytes(1 << 20))\n"
        "    except OSError as error: print(folder, written >> 20 <= 17, error.strerror)\n"
    )
    result = run_cells(fill, "open('/tmp/sparse', 'wb').truncate(1 << 40)", disk_mb=16)
    assert text_of(result.cells[0]).count("True No space left on device") == 3
    assert "File too large" in error_of(result.cells[1])


def test_many_small_files_end_the_job(run_cells: RunCells) -> None:
    result = run_cells("for n in range(10**7): open(f'/tmp/{n}', 'w').close()")
    assert result.status == "memory"


@pytest.mark.attack("a fork bomb")
def test_a_fork_bomb_and_a_thread_bomb_stay_small(run_cells: RunCells) -> None:
    result = run_cells(
        "import threading, time\nstarted = 0\ntry:\n    while True:\n"
        "        threading.Thread(target=time.sleep, args=(1,), daemon=True).start(); started += 1\n"
        "except RuntimeError: print(started)",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        cell_seconds=1,
        processes=40,
    )
    assert 20 < int(text_of(result.cells[0])) <= 41
    assert result.cells[1].status in {"timeout", "error"}
    assert result.seconds < 6
