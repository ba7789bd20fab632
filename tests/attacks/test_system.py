"""Programs that want more of the machine than they may, or something of somebody else's."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from tests.sandbox.conftest import RunCells, text_of

attack = pytest.mark.attack


def is_well(run_cells: RunCells) -> bool:
    """Whether the next job runs as if nothing had been."""
    return text_of(run_cells("print(6 * 7)").cells[0]) == "42\n"


def processes_with(mark: str) -> list[int]:
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and int(path.name) != os.getpid():
            try:
                if mark.encode() in (path / "cmdline").read_bytes():
                    found.append(int(path.name))
            except OSError:
                continue
    return found


@attack("daemons left behind")
def test_whoever_goes_into_the_background_ends_with_the_job(run_cells: RunCells) -> None:
    mark = f"left-behind-{os.getpid()}"
    leave = (
        "import os, subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', {mark!r}],\n"
        "                 start_new_session=True, stdin=-3, stdout=-3, stderr=-3)\n"
        "if not os.fork():\n    os.setsid()\n    if not os.fork():\n"
        "        import time; time.sleep(600)\n    os._exit(0)"
    )
    assert run_cells(leave).status == "done"
    until = time.monotonic() + 10
    while processes_with(mark) and time.monotonic() < until:
        time.sleep(0.05)
    assert processes_with(mark) == []
    assert is_well(run_cells)


@attack("linked outputs")
def test_a_link_where_an_output_should_be_shows_nothing_of_the_host(
    run_cells: RunCells, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush-hush")
    shown = run_cells(
        "import os\n"
        f"for name in ('out.txt', 'result.json'): os.symlink({str(secret)!r}, name)\n"
        "from IPython.display import Image, FileLink, display\n"
        "for name in ('out.txt', 'result.json'):\n"
        "    try: print(open(name).read())\n    except OSError as error: print(error.errno)\n"
        "display(FileLink('out.txt'))"
    )
    assert "hush-hush" not in shown.to_json()


@attack("owners changed through links")
def test_owners_and_modes_of_other_files_stay(run_cells: RunCells, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    before = kept.stat()
    run_cells(
        "import os\n"
        f"os.symlink({str(kept)!r}, 'link')\n"
        "for target in ('link', '/etc/passwd', '/usr/bin/env', '/proc/1/root'):\n"
        "    for change in (lambda: os.chown(target, 0, 0), lambda: os.lchown(target, 0, 0),\n"
        "                   lambda: os.chmod(target, 0o4777)):\n"
        "        try: change()\n        except OSError: pass"
    )
    after = kept.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)


@attack("requests to internal services", "a privileged worker")
def test_services_of_the_host_are_out_of_reach(run_cells: RunCells, tmp_path: Path) -> None:
    path = tmp_path / "service.sock"
    with socket.socket(socket.AF_UNIX) as local, socket.socket() as tcp:
        local.bind(str(path))
        local.listen()
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        tries = (
            "import socket, urllib.request\n"
            f"places = [(2, ('127.0.0.1', {tcp.getsockname()[1]})), (2, ('0.0.0.0', "
            f"{tcp.getsockname()[1]})),\n"
            f"          (1, {str(path)!r}), (1, '/var/run/docker.sock'), (1, "
            f"'/run/postgresql/.s.PGSQL.5432')]\n"
            "for family, address in places:\n"
            "    try: socket.socket(family, 1).connect(address); print('REACHED', address)\n"
            "    except OSError: pass\n"
            "for url in ('http://169.254.169.254/latest/meta-data/', 'http://localhost:8000/', "
            "'file:///etc/shadow'):\n"
            "    try: urllib.request.urlopen(url, timeout=1); print('READ', url)\n"
            "    except OSError: pass\n"
            "import os; print(os.getuid() != 0, [name for name in os.environ if 'URL' in name or 'KEY' in "
            "name])"
        )
        assert text_of(run_cells(tries).cells[0]) == "True []\n"


@attack("escapes through tools of containers")
def test_what_containers_were_left_through_is_not_there(run_cells: RunCells) -> None:
    look = (
        "import os\n"
        "paths = ['/sys/fs/cgroup/release_agent', '/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger',\n"
        "         '/proc/1/root/etc/shadow', '/dev/mem', '/dev/kmsg', '/dev/sda', '/dev/nvidia0', "
        "'/var/run/docker.sock']\n"
        "for path in paths:\n"
        "    for way in (os.O_RDONLY, os.O_WRONLY):\n"
        "        if way == os.O_RDONLY and path.startswith('/proc/sys'): continue\n"
        "        try: os.close(os.open(path, way)); print('OPENED', path)\n"
        "        except OSError: pass\n"
        "for name in ('LD_PRELOAD', 'LD_AUDIT', 'NVIDIA_VISIBLE_DEVICES'): print(os.environ.get(name))"
    )
    assert text_of(run_cells(look).cells[0]) == "None\n" * 3


@attack("the harness traced")
def test_nobody_above_can_be_traced_or_written_to(run_cells: RunCells) -> None:
    trace = (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "others = [int(p) for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]\n"
        "for pid in others + [1]:\n"
        "    if libc.ptrace(16, pid, 0, 0) == 0: print('TRACED', pid)\n"
        "    for name in ('mem', 'environ', 'maps'):\n"
        "        if pid == os.getpid(): continue\n"
        "        try: open(f'/proc/{pid}/{name}', 'r+b' if name == 'mem' else 'rb').read(1) and "
        "print('READ', pid, name)\n"
        "        except OSError: pass\n"
        "print('end')"
    )
    assert text_of(run_cells(trace).cells[0]).splitlines()[-1] == "end"
    assert "TRACED" not in text_of(run_cells(trace).cells[0])


@attack("library files overwritten", "a poisoned compile cache")
def test_libraries_and_caches_are_the_same_for_the_next_job(run_cells: RunCells) -> None:
    poison = (
        "import numpy, os, pathlib, sys\n"
        "written = []\n"
        "for root in (numpy.__path__[0], sys.prefix, os.path.dirname(os.__file__)):\n"
        "    for path in list(pathlib.Path(root).rglob('*'))[:200]:\n"
        "        try: path.write_bytes(b'raise SystemExit') if path.is_file() else (path / 'x').touch()\n"
        "        except OSError: continue\n"
        "        written.append(path)\n"
        "for folder in (os.environ['NUMBA_CACHE_DIR'], os.path.expanduser('~/.cache'), "
        "os.path.expanduser('~/.ipython')):\n"
        "    os.makedirs(folder, exist_ok=True)\n"
        "    open(folder + '/left', 'w').write('poison')\n"
        "print(written)"
    )
    assert text_of(run_cells(poison, seconds=40, cell_seconds=30).cells[0]) == "[]\n"
    look = (
        "import numpy, os\n"
        "print([f for f in (os.environ['NUMBA_CACHE_DIR'], os.path.expanduser('~/.cache')) if "
        "os.path.exists(f + '/left')])"
    )
    assert text_of(run_cells(look).cells[0]) == "[]\n"


@attack("set-uid programs and nested namespaces")
def test_set_uid_programs_and_nested_namespaces_give_nothing(run_cells: RunCells) -> None:
    tries = (
        "import os, shutil, subprocess\n"
        "for name in ('su', 'sudo', 'mount', 'newuidmap', 'passwd', 'chsh', 'unshare', 'bwrap'):\n"
        "    path = shutil.which(name)\n"
        "    words = {'unshare': ['-Urm', 'id'], 'bwrap': ['--bind', '/', '/', 'id'], 'su': ['-c', "
        "'id']}.get(name, ['-V'])\n"
        "    if path:\n"
        "        done = subprocess.run([path, *words], capture_output=True, text=True, stdin=-3)\n"
        "        if 'uid=0' in done.stdout: print('ROOT BY', name)\n"
        "shutil.copy('/usr/bin/id', 'id'); os.chmod('id', 0o6755)\n"
        "print('euid=0' in subprocess.run(['./id'], capture_output=True, text=True).stdout)"
    )
    assert text_of(run_cells(tries).cells[0]) == "False\n"


@attack("a memory hog", "a fork bomb", "a flood of output", "a full disk")
@pytest.mark.parametrize(
    "greed",
    [
        "held = []\nwhile True: held.append(bytearray(10 ** 7))",
        (
            "import mmap\nheld = []\nwhile True:\n"
            "    m = mmap.mmap(-1, 10 ** 7); m.write(b'x' * 10 ** 7); held.append(m)"
        ),
        (
            "import os\nwhile True:\n    try:\n        if not os.fork():\n"
            "            held = b'x' * (50 << 20)\n    except OSError: pass"
        ),
        "import sys\nwhile True: sys.stdout.write('x' * 10 ** 6)",
        "import os\nwhile True: os.write(1, b'x' * 10 ** 5); os.write(2, b'y' * 10 ** 5)",
        "n = 0\nwhile True:\n    open(f'/tmp/{n}', 'w').write('x'); n += 1",
        "with open('/tmp/full', 'wb') as f:\n    while True: f.write(bytes(10 ** 6))",
        (
            "import os\nos.makedirs('/dev/shm/x', exist_ok=True)\nwith open('/dev/shm/x/full', 'wb') as f:\n"
            "    while True: f.write(bytes(10 ** 6))"
        ),
    ],
    ids=[
        "lists",
        "mappings",
        "many processes",
        "prints",
        "writes",
        "many files",
        "a large file",
        "shared memory",
    ],
)
def test_greed_ends_with_its_own_job(run_cells: RunCells, greed: str) -> None:
    began = time.monotonic()
    result = run_cells(greed, seconds=6, cell_seconds=4, output_bytes=100_000)
    assert result.cells[0].status != "ok"
    assert time.monotonic() - began < 30
    assert is_well(run_cells)


@attack("a privileged worker")
def test_a_program_holds_no_rights_and_no_names_of_ours(run_cells: RunCells) -> None:
    look = (
        "words = dict(l.split(':', 1) for l in open('/proc/self/status').read().splitlines())\n"
        "print(int(words['CapEff'], 16), int(words['CapBnd'], 16), words['NoNewPrivs'].strip(), "
        "words['Seccomp'].strip())"
    )
    assert text_of(run_cells(look).cells[0]) == "0 0 1 2\n"


def test_the_catalogue_names_each_attack_once() -> None:
    from tests.attacks.catalogue import ATTACKS

    assert len(ATTACKS) == len(set(ATTACKS))
