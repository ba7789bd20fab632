"""Programs that mean harm, or only behave badly, against the real sandbox."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sandbox.conftest import RunCells, error_of, text_of


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("import os; os._exit(0)", "ended itself with status 0"),
        ("import os; os._exit(7)", "ended itself with status 7"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
        ("import os; os.abort()", "SIGABRT"),
    ],
)
def test_a_program_that_dies_is_a_result_and_keeps_what_it_did(
    run_cells: RunCells, program: str, words: str
) -> None:
    result = run_cells("print('kept')", f"print('so far', flush=True)\n{program}", "print('never')")
    assert result.status == "died"
    assert words in result.detail
    assert [cell.status for cell in result.cells] == ["ok", "error", "not_run"]
    assert text_of(result.cells[0]) == "kept\n"
    assert error_of(result.cells[1]).startswith("ProgramDied")


@pytest.mark.parametrize(
    "garbage",
    [
        b"not json\n",
        b'{"t": "done"}\n',
        b'{"t": "end", "k": 1, "status": "ok", "seconds": 1}\n',
        b'{"t": "output", "o": {"output_type": "execute_result"}}\n',
        b'{"t": "stream", "n": "stdout", "s": 1}\n',
        b'{"t": "end", "k": 0, "status": "ok", "seconds": NaN}\n',
        b"[" * 100_000 + b"\n",
        b"\xff\xfe\n",
        b"null\n",
        b'{"t": "end", "k": 0, "status": "ok", "seconds": 1e999}\n',
        b'{"t": "end", "k": 0, "status": "ok", "seconds": 1' + b"0" * 400 + b"}\n",
        b'{"t": "end", "k": 0, "status": "ok", "seconds": 1, "line": 99}\n',
    ],
)
def test_garbage_in_the_channel_ends_the_program_not_us(run_cells: RunCells, garbage: bytes) -> None:
    result = run_cells(
        "import os, time\nfor fd in range(3, 20):\n"
        f"    try: os.write(fd, {garbage!r})\n    except OSError: pass\ntime.sleep(5)",
        "print('never')",
    )
    assert result.status == "died"
    assert "channel" in result.detail
    assert [cell.status for cell in result.cells] == ["error", "not_run"]


def test_a_flood_in_the_channel_ends_the_program(run_cells: RunCells) -> None:
    for piece in ("b'x' * 65536", 'b\'{"t": "clear"}\\n\' * 1000'):
        result = run_cells(
            f"import os\nwhile True:\n    for fd in range(3, 20):\n        try: os.write(fd, {piece})\n"
            "        except OSError: pass",
            output_bytes=100_000,
        )
        assert result.status in {"output", "died"}


def test_closed_and_stolen_descriptors_only_hurt_the_program(run_cells: RunCells) -> None:
    result = run_cells("import os; os.closerange(0, 100)", "print(1)")
    assert result.status in {"died", "timeout"}


def test_characters_that_a_database_refuses_are_replaced(run_cells: RunCells) -> None:
    result = run_cells("print('a\\0b\\ud800c')", "raise ValueError('\\0')")
    assert "\0" not in result.to_json()
    result.to_json().encode("utf-8")
    assert text_of(result.cells[0]).startswith("a\ufffdb")


def test_nothing_of_the_host_can_be_read(
    printed: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_TEST_SECRET", "hush-hush")
    secret = tmp_path / "secret"
    secret.write_text("hush-hush")
    project = Path(__file__).parents[2]
    paths = [str(secret), str(project / "pyproject.toml"), "/etc/shadow", "/root/.profile", "/sys/class"]
    text = printed(
        "import os, pathlib\n"
        f"print([p for p in {paths!r} if os.path.exists(p)])\n"
        "seen = [p for p in pathlib.Path('/proc').iterdir() if p.name.isdigit()]\n"
        "for p in seen:\n"
        "    for name in ('environ', 'cmdline'):\n"
        "        try: print(b'hush' in (p / name).read_bytes())\n"
        "        except OSError: print(False)\n"
        "print(len(seen) < 5, os.environ.get('SANDBOX_TEST_SECRET'))"
    )
    assert text.startswith("[]\n")
    assert "True\n" not in text.splitlines(keepends=True)[:-1]
    assert text.endswith("True None\n")


def test_nothing_outside_can_be_written(printed: Callable[..., str]) -> None:
    text = printed(
        "import os, sys\n"
        "for p in ('/x', '/usr/x', '/etc/passwd', '/opt/runner/x', sys.prefix + '/x', '/dev/x', '/root/x',\n"
        "          '/proc/sys/kernel/core_pattern', '/opt/runner/sandbox/inside/shell.py', os.__file__):\n"
        "    try: os.write(os.open(p, os.O_WRONLY | os.O_CREAT), b'x'); print('WROTE', p)\n"
        "    except OSError as error: pass\n"
        "print('end')"
    )
    assert text == "end\n"


@pytest.fixture
def abstract_listener() -> Iterator[str]:
    with socket.socket(socket.AF_UNIX) as listener:
        name = f"sandbox-test-{os.getpid()}"
        listener.bind(f"\0{name}")
        listener.listen()
        yield name


def test_there_is_no_network(printed: Callable[..., str], abstract_listener: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        text = printed(
            "import socket\n"
            f"for family, address in ((2, ('127.0.0.1', {port})), (2, ('169.254.169.254', 80)),\n"
            f"        (2, ('192.0.2.1', 80)), (10, ('::1', {port})), (1, '\\0{abstract_listener}')):\n"
            "    try: s = socket.socket(family, 1); s.settimeout(1); s.connect(address); print('CONNECTED', address)\n"
            "    except OSError: pass\n"
            "for family in (16, 17, 38, 40):\n"
            "    try: socket.socket(family, 3); print('OPENED', family)\n"
            "    except OSError: pass\n"
            "print('end')"
        )
    assert text == "end\n"


def test_rights_cannot_be_regained(printed: Callable[..., str]) -> None:
    text = printed(
        "import ctypes, os, subprocess\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "calls = {'unshare': (0x10000000,), 'setns': (0, 0), 'mount': (b'x', b'/tmp', b'tmpfs', 0, 0),\n"
        "         'umount2': (b'/usr', 2), 'ptrace': (16, 1, 0, 0), 'shmget': (0, 4096, 0o1600),\n"
        "         'memfd_create': (b'x', 0), 'setuid': (0,), 'chroot': (b'/tmp',)}\n"
        "for name, words in calls.items():\n"
        "    if getattr(libc, name)(*words) != -1: print('ALLOWED', name)\n"
        "for number in (425, 321, 250, 298, 435):\n"
        "    if libc.syscall(number, 0, 0, 0, 0, 0) != -1: print('ALLOWED', number)\n"
        "for words in (['su', '-c', 'id'], ['unshare', '-Ur', 'id'], ['mount', '-t', 'tmpfs', 'x', '/tmp']):\n"
        "    if subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0: print(words)\n"
        "print('end')"
    )
    assert text == "end\n"


def test_upcoming_jobs_find_nothing_of_earlier_ones(run_cells: RunCells) -> None:
    leave = "import os\nfor d in ('/tmp', '.', '/dev/shm', os.path.expanduser('~')): open(d + '/left', 'w').close()"
    assert run_cells(leave).cells[0].status == "ok"
    look = "import os\n[d for d in ('/tmp', '.', '/dev/shm', os.path.expanduser('~')) if os.path.exists(d + '/left')]"
    assert run_cells(look).cells[0].outputs[0]["data"]["text/plain"] == "[]"
