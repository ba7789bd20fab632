"""Programs that mean harm, or only behave badly, against the real sandbox."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.collect import Collector
from tests.sandbox.conftest import RunCells, error_of, text_of


@pytest.mark.attack("the process ends itself", "exit codes instead of a result")
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


@pytest.mark.attack("an inherited descriptor forged")
@pytest.mark.parametrize(
    "garbage",
    [
        b"not json\n",
        b'{"t": "done"}\n',
        b'{"t": "end", "k": 1, "status": "ok", "seconds": 1}\n',
        b'{"t": "output", "o": {"output_type": "execute_result"}}\n',
        b'{"t": "output", "o": {"output_type": []}}\n',
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


@pytest.mark.attack("an inherited descriptor forged")
@pytest.mark.parametrize("held", [40, 400])
def test_the_channel_is_the_same_on_a_host_with_many_open_files(
    printed: Callable[..., str], held: int
) -> None:
    descriptors = [os.open(os.devnull, os.O_RDONLY) for _ in range(held)]
    try:
        text = printed(
            "import os\nprint(sorted(int(n) for n in os.listdir('/proc/self/fd')"
            " if os.path.lexists(f'/proc/self/fd/{n}')), os.get_inheritable(3))"
        )
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    # The standard three, the channel and the two ends at which the output is read.
    assert text == "[0, 1, 2, 3, 4, 5] False\n"


def test_a_message_that_trips_its_reader_is_the_programs_fault(
    run_cells: RunCells, monkeypatch: pytest.MonkeyPatch
) -> None:
    unforeseen = 'import os, time\nos.write(3, b\'{"t": "clear", "wait": []}\\n\'); time.sleep(5)'

    def trip(*_arguments: object) -> None:
        raise TypeError("unhashable type: 'list'")

    monkeypatch.setitem(Collector._HANDLERS, "clear", trip)  # noqa: SLF001 - a mistake that we do not know of
    result = run_cells(unforeseen, "print('never')")
    assert (result.status, "channel" in result.detail) == ("died", True)


def test_a_job_ends_in_time_however_much_lies_in_the_channel(run_cells: RunCells) -> None:
    flood = (
        "import json, os\nwhole = json.dumps({'t': 'stream', 'n': 'stdout', 's': 'x' * 6_000_000}) + '\\n'\n"
        "pieces = (json.dumps({'t': 'stream', 'n': 'stdout', 's': 'y'}) + '\\n') * 1000\n"
        "for text in [whole] * 5 + [pieces] * 10**6:\n"
        "    rest = memoryview(text.encode())\n    while rest: rest = rest[os.write(3, rest):]"
    )
    began = time.monotonic()
    result = run_cells(flood, seconds=6)
    assert result.status in {"output", "timeout"}
    assert time.monotonic() - began < 6 + 4


def test_a_flood_in_the_channel_ends_the_program(run_cells: RunCells) -> None:
    for piece in ("b'x' * 65536", 'b\'{"t": "clear"}\\n\' * 1000'):
        result = run_cells(
            f"import os\nwhile True:\n    for fd in range(3, 20):\n        try: os.write(fd, {piece})\n"
            "        except OSError: pass",
            output_bytes=100_000,
        )
        assert result.status in {"output", "died"}


@pytest.mark.attack("descriptors duplicated and pipes put between")
def test_closed_and_stolen_descriptors_only_hurt_the_program(run_cells: RunCells) -> None:
    result = run_cells("import os; os.closerange(0, 100)", "print(1)")
    assert result.status in {"died", "timeout"}


def test_characters_that_a_database_refuses_are_replaced(run_cells: RunCells) -> None:
    result = run_cells("print('a\\0b\\ud800c')", "raise ValueError('\\0')")
    assert "\0" not in result.to_json()
    result.to_json().encode("utf-8")
    assert text_of(result.cells[0]).startswith("a\ufffdb")


@pytest.mark.attack("processes and environment read")
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


def test_the_hosts_own_programs_are_hidden(printed: Callable[..., str]) -> None:
    seen = {path.name for path in Path("/usr/local").iterdir()} if Path("/usr/local").is_dir() else set()
    needed = Path(sys.base_prefix)
    if not seen or needed.is_relative_to("/usr/local"):
        pytest.skip("there is nothing to hide in /usr/local, or the interpreter lies there")
    text = printed(
        "import os\nprint(os.listdir('/usr/local'))\ntry: open('/usr/local/x', 'w')\n"
        "except OSError as error: print(error.errno)"
    )
    assert text == f"[]\n{errno.EROFS}\n"


@pytest.mark.attack("library files overwritten")
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


@pytest.mark.attack("the network")
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


@pytest.mark.attack("forbidden system calls", "the harness traced")
def test_rights_cannot_be_regained(printed: Callable[..., str]) -> None:
    text = printed(
        "import ctypes, os, subprocess\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "calls = {'unshare': (0x10000000,), 'setns': (0, 0), 'mount': (b'x', b'/tmp', b'tmpfs', 0, 0),\n"
        "         'umount2': (b'/usr', 2), 'ptrace': (16, 1, 0, 0), 'shmget': (0, 4096, 0o1600),\n"
        "         'memfd_create': (b'x', 0), 'setuid': (0,), 'chroot': (b'/tmp',)}\n"
        "for name, words in calls.items():\n"
        "    if getattr(libc, name)(*words) != -1: print('ALLOWED', name)\n"
        "asked = {'x86_64': (425, 321, 250, 298, 435, 206, 154, 312, 135, 440, 438),\n"
        "         'aarch64': (425, 280, 217, 241, 435, 0, 272, 92, 440, 438)}\n"
        "for number in asked[os.uname().machine]:\n"
        "    if libc.syscall(number, 0, 0, 0, 0, 0) != -1: print('ALLOWED', number)\n"
        "for words in (['su', '-c', 'id'], ['unshare', '-Ur', 'id'], ['mount', '-t', 'tmpfs', 'x', '/tmp']):\n"
        "    if subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0: print(words)\n"
        "print('end')"
    )
    assert text == "end\n"


def test_buffers_of_sockets_keep_their_size(printed: Callable[..., str]) -> None:
    text = printed(
        "import socket\na, b = socket.socketpair()\n"
        "for option in (7, 8, 32, 33):\n"
        "    try: a.setsockopt(socket.SOL_SOCKET, option, 1 << 24); print('ALLOWED', option)\n"
        "    except PermissionError: pass\n"
        "a.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); print('end')"
    )
    assert text == "end\n"


def test_a_job_is_the_first_to_go_when_the_machine_has_no_memory_left(printed: Callable[..., str]) -> None:
    assert printed("print(open('/proc/self/oom_score_adj').read().strip())") == "1000\n"


@pytest.mark.attack("something left for the next job")
def test_upcoming_jobs_find_nothing_of_earlier_ones(run_cells: RunCells) -> None:
    leave = "import os\nfor d in ('/tmp', '.', '/dev/shm', os.path.expanduser('~')): open(d + '/left', 'w').close()"
    assert run_cells(leave).cells[0].status == "ok"
    look = "import os\n[d for d in ('/tmp', '.', '/dev/shm', os.path.expanduser('~')) if os.path.exists(d + '/left')]"
    assert run_cells(look).cells[0].outputs[0]["data"]["text/plain"] == "[]"
