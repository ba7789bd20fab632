"""The private view: only root can make one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import staging

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a private view")

REPORT = """
import os, pathlib
view = pathlib.Path("/mnt")
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print(sorted(os.listdir(view)), (view / "data/secret").read_text(), os.getuid(), os.getgid(), os.getgroups())
print(int(status["CapEff"], 16) + int(status["CapPrm"], 16))
for name in ("data/new", "own/new", "new"):
    try: (view / name).write_text("x"); print("wrote", name)
    except OSError as error: print(type(error).__name__)
try: os.setuid(0); print("root again")
except OSError: print("no way back")
"""


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that only root may enter, with a secret in it and a folder that somebody else owns."""
    folder = tmp_path / "closed"
    (folder / "data").mkdir(parents=True)
    (folder / "own").mkdir()
    (folder / "data" / "secret").write_text("told", encoding="utf-8")
    os.chown(folder / "own", 61_500, 61_500)
    folder.chmod(0o700)
    yield folder
    folder.chmod(0o755)


def test_the_view_shows_what_it_was_given_to_somebody_without_rights(closed: Path) -> None:
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    command = staging.command(
        ["/mnt/python/bin/python3", "-I", "-c", REPORT],
        binds={
            sys.base_prefix: "python",
            str(closed / "data"): "data",
            str(closed / "own"): "own",
            "/etc/hostname": "one/file",
        },
        writable=[str(closed / "own")],
        uid=61_500,
        gid=61_500,
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "['data', 'one', 'own', 'python'] told 61500 61500 []",
        "0",
        "OSError",
        "wrote own/new",
        "OSError",
        "no way back",
    ]
    assert (closed / "own" / "new").read_text(encoding="utf-8") == "x"
    assert Path("/proc/self/mountinfo").read_text(encoding="utf-8") == mounts


def test_a_source_may_lie_below_the_view(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("found", encoding="utf-8")
    command = staging.command(
        ["/bin/cat", f"{tmp_path}/b"],
        binds={str(tmp_path / "a"): "b"},
        root=str(tmp_path),
        uid=61_500,
        gid=61_500,
    )
    # The view hides the folder's other content, and its parents may be closed: the way in is what is tested.
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "found" or "Permission denied" in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_what_cannot_be_done_is_one_line_and_status_125() -> None:
    command = staging.command(["/bin/true"], binds={"/no/such/thing": "x"}, uid=61_500, gid=61_500)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 125
    assert done.stderr == "staging: [Errno 2] No such file or directory: '/no/such/thing'\n"


def test_unprivileged_uids_are_high_and_differ() -> None:
    uids = {staging.unprivileged_uid() for _ in range(20)}
    assert len(uids) > 1
    assert min(uids) > 60_000
