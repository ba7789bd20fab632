"""`python -m sandbox`, as whoever runs the tests and as an ordinary user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Job, Limits, Result, staging

PROJECT = Path(__file__).parents[2]
HOG = (
    "import os, time\nfor n in range(20):\n    if os.fork() == 0:\n"
    "        held = bytearray(b'x') * (40 << 20); time.sleep(60)\ntime.sleep(5)"
)
COMMAND = [sys.executable, "-m", "sandbox"]


def sandbox_command(*words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words], input=text, capture_output=True, text=True, check=False, cwd=PROJECT, timeout=60
    )


def as_ordinary_user(*words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """In a view in which that user may read the interpreter and the project, wherever they are."""
    if os.geteuid() != 0:
        return sandbox_command(*words, text=text)
    needed = {sys.base_prefix, str(PROJECT)}
    closed = {path for path in needed if Path(path).is_relative_to("/root")}
    uid = staging.unprivileged_uid()
    command = staging.command(
        [*COMMAND, *words],
        binds={path: str(Path(path).relative_to("/root")) for path in closed},
        root="/root" if closed else "/mnt",
        uid=uid,
        gid=uid,
    )
    return subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        timeout=60,
        env={"PYTHONPATH": str(PROJECT), "PATH": os.environ["PATH"]},
    )


def test_a_job_from_a_file_gives_a_result_on_standard_output(environment: str, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text(Job(environment, ("6 * 7",)).to_json(), encoding="utf-8")
    done = sandbox_command(str(path))
    assert done.returncode == 0, done.stderr
    result = Result.from_json(done.stdout)
    assert result.cells[0].outputs[0]["data"] == {"text/plain": "42"}


def test_an_ordinary_user_is_isolated_and_limited_too(environment: str) -> None:
    cells = (
        "import os; print(os.getuid())",
        "bytearray(1 << 30)",
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        HOG,
    )
    job = Job(environment, cells, limits=Limits(seconds=20, memory_mb=300))
    done = as_ordinary_user("-", text=job.to_json())
    assert done.returncode == 0, done.stderr
    result = Result.from_json(done.stdout)
    assert [cell.status for cell in result.cells] == ["ok", "error", "error", "error"]
    assert [cell.outputs[-1].get("ename") for cell in result.cells[1:3]] == ["MemoryError", "OSError"]
    assert result.status == "memory"
    shared = "import os, time\nheld = b'x' * (100 << 20)\nfor n in range(8):\n    os.fork() or time.sleep(1)"
    done = as_ordinary_user("-", text=Job(environment, (shared,), limits=job.limits).to_json())
    assert Result.from_json(done.stdout).status == "done", done.stdout


def test_an_ordinary_user_can_probe(environment: str) -> None:
    done = as_ordinary_user("probe", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads(done.stdout)
    assert facts["can_isolate"]
    assert all(layer["holds"] for layer in facts["layers"]), facts  # the warm start too


def test_a_machine_without_user_namespaces_is_named_with_its_cure() -> None:
    forbid = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    words = ["unshare", "--user", "--map-root-user", "sh", "-c", forbid, "sh", *COMMAND, "probe"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=PROJECT, timeout=60)
    if "unshare:" in done.stderr:
        pytest.skip("this machine does not let us take them away")
    assert done.returncode == 3
    assert "FAIL user namespaces" in done.stdout
    assert "max_user_namespaces" in done.stdout


def test_the_probe_proves_each_layer(environment: str) -> None:
    done = sandbox_command("probe")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    for layer in (
        "user namespaces",
        "bubblewrap",
        "no network",
        "unprivileged",
        "no host files",
        "memory limit",
        "memory accounting",
        "warm start",
    ):
        assert any(line.startswith(f"ok   {layer}:") for line in lines), done.stdout


@pytest.mark.parametrize("text", ["", "{}", "not json"])
def test_wrong_use_is_a_sentence_and_status_2(text: str) -> None:
    done = sandbox_command("-", text=text)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_an_environment_that_is_not_there_is_a_sentence_and_status_1() -> None:
    done = sandbox_command("-", text=Job("/nowhere", ("1",)).to_json())
    assert (done.returncode, "not built" in done.stderr) == (1, True)
    done = sandbox_command("build", "no_such_thing")
    assert (done.returncode, "no environment" in done.stderr) == (1, True)
