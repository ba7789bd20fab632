"""Environments are named by what they hold and are either whole or not there."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sandbox import SandboxFault, environments

WHEEL_FREE = "# nothing to install\n"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environments, "SOURCES", tmp_path / "environments")
    monkeypatch.setattr(environments, "BUILT", tmp_path / "built")
    folder = tmp_path / "environments" / "tiny"
    folder.mkdir(parents=True)
    (folder / "requirements.in").write_text(WHEEL_FREE, encoding="utf-8")
    (folder / "requirements.lock").write_text(WHEEL_FREE, encoding="utf-8")
    return folder


def test_an_environment_is_built_once_even_by_two_builders(sources: Path) -> None:
    said: list[str] = []
    builders = [
        threading.Thread(target=environments.build, args=("tiny",), kwargs={"say": said.append}) for _ in "ab"
    ]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert [line.split()[0] for line in said] == ["Building", "The"]
    assert environments.find("tiny") == environments.build("tiny")


def test_another_lock_is_another_environment(sources: Path) -> None:
    first = environments.build("tiny")
    (sources / "requirements.lock").write_text("# another\n", encoding="utf-8")
    with pytest.raises(SandboxFault, match="not built"):
        environments.find("tiny")
    assert environments.build("tiny").path != first.path
    assert first.path.is_dir()


def test_a_build_that_fails_says_why_and_leaves_nothing_valid(sources: Path) -> None:
    (sources / "prepare.py").write_text("raise SystemExit('no luck today')", encoding="utf-8")
    with pytest.raises(SandboxFault, match="no luck today"):
        environments.build("tiny")
    with pytest.raises(SandboxFault, match="not built"):
        environments.find("tiny")
    (sources / "prepare.py").write_text("", encoding="utf-8")
    assert (environments.build("tiny").path / "bin" / "python").exists()


def test_what_prepare_leaves_in_home_is_found_there(sources: Path) -> None:
    (sources / "prepare.py").write_text(
        "import pathlib, sys\nhome = pathlib.Path(sys.argv[1], 'home', '.config')\nhome.mkdir(parents=True)\n"
        "(home / 'x').write_text('y')",
        encoding="utf-8",
    )
    assert (environments.build("tiny").path / "home" / ".config" / "x").read_text(encoding="utf-8") == "y"


@pytest.mark.parametrize("name", ["../base", "no_such", "", "/etc"])
def test_a_name_is_a_folder_of_ours(name: str) -> None:
    with pytest.raises(SandboxFault, match="no environment"):
        environments.find(name)
