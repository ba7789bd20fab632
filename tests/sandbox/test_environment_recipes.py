"""What goes into an environment, and what a build that cannot succeed says and leaves."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from sandbox import EnvironmentMissing, SandboxFault, environments

NOTHING = "# nothing to install\n"


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environments, "SOURCES", tmp_path / "environments")
    monkeypatch.setattr(environments, "BUILT", tmp_path / "built")
    return recipe(tmp_path / "environments" / "tiny")


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package `pebble` 1.0, and nothing else that could be installed."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    path = tmp_path / "pebble-1.0-py3-none-any.whl"
    texts = {
        "pebble.py": "weight = 3\n",
        "pebble-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: pebble\nVersion: 1.0\n",
        "pebble-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={digest(text)},{len(text)}\n" for name, text in texts.items())
    texts["pebble-1.0.dist-info/RECORD"] = f"{record}pebble-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return path


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def recipe(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"requirements_in": NOTHING, "requirements_lock": NOTHING, **files}.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def lock(wheel: Path, sha256: str) -> str:
    return f"--no-index\n--find-links {wheel.parent}\npebble==1.0 --hash=sha256:{sha256}\n"


def test_a_locked_package_with_its_hash_is_installed(sources: Path, wheel: Path) -> None:
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    recipe(sources, requirements_in="pebble\n", requirements_lock=lock(wheel, right))
    assert list(environments.build("tiny").path.glob("lib/python3*/site-packages/pebble.py"))


def test_a_package_with_another_hash_than_the_locks_stops_the_build_and_leaves_nothing(
    sources: Path, wheel: Path
) -> None:
    recipe(sources, requirements_in="pebble\n", requirements_lock=lock(wheel, "0" * 64))
    with pytest.raises(SandboxFault, match=r"'tiny' could not be built; nothing of it is used(.|\n)*HASHES"):
        environments.build("tiny")
    assert not environments.described("tiny").path.exists()
    assert environments.builds() == []


def test_what_has_no_hash_is_told_with_its_size_and_imported(sources: Path, wheel: Path) -> None:
    recipe(sources, environment_toml='unhashed = ["pebble==1.0"]\n')
    said: list[str] = []
    built = environments.build("tiny", say=said.append)
    assert said[1] == "  pebble==1.0: 0 MB to download"
    assert list(built.path.glob("lib/python3*/site-packages/pebble.py"))


def test_a_disk_that_is_too_small_refuses_before_anything_is_installed(sources: Path) -> None:
    recipe(sources, environment_toml="download_mb = 1\ndisk_mb = 999_999_999\n")
    said: list[str] = []
    with pytest.raises(SandboxFault, match=r"needs 999,999,999 MB of disk in .*; [\d,]+ MB are free"):
        environments.build("tiny", say=said.append)
    assert said == []
    assert not environments.described("tiny").path.exists()


def test_a_disk_that_fills_up_while_it_builds_leaves_nothing(sources: Path) -> None:
    recipe(sources, prepare_py="raise OSError(28, 'No space left on device')")
    with pytest.raises(SandboxFault, match=r"nothing of it is used(.|\n)*No space left on device"):
        environments.build("tiny")
    assert not environments.described("tiny").path.exists()


def test_sizes_are_said_before_the_download(sources: Path) -> None:
    recipe(sources, environment_toml="download_mb = 1200\ndisk_mb = 1\n")
    said: list[str] = []
    environments.build("tiny", say=said.append)
    assert said[0].endswith(": 1,200 MB to download, 1 MB on disk …")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ("unhashed = [", "tiny/environment.toml"),
        ('unhashed = ["torch"]', "name==1.2.3"),
        ('unhashed = ["torch==2.13.0+cpu"]', "name==1.2.3"),
        ('unhashed = ["--index-url=x"]', "name==1.2.3"),
        ('disk_mb = "much"', "disk_mb"),
        ("colour = 1", "colour"),
        ('extends = "../other"', "extend"),
    ],
)
def test_a_recipe_that_cannot_be_read_says_where(sources: Path, facts: str, words: str) -> None:
    recipe(sources, environment_toml=facts)
    with pytest.raises(SandboxFault, match=words.replace(".", r"\.")):
        environments.build("tiny")


def test_an_environment_runs_the_preparation_of_the_one_it_extends_first(sources: Path) -> None:
    write = "import pathlib, sys\npathlib.Path(sys.argv[1], 'log').open('a').write('{}')\n"
    recipe(sources, prepare_py=write.format("tiny "))
    recipe(sources.parent / "big", prepare_py=write.format("big "), environment_toml='extends = "tiny"\n')
    assert (environments.build("big").path / "log").read_text(encoding="utf-8") == "tiny big "
    before = environments.described("big").digest
    recipe(sources, prepare_py=write.format("other "))
    assert environments.described("big").digest != before


def test_preloaded_modules_lie_in_the_build(sources: Path) -> None:
    recipe(sources, preload_txt="# why\njson\n\nenvironment_warm\n", warm_py="import decimal\n")
    assert environments.preloads(environments.build("tiny").path) == ["json", "environment_warm"]


def test_a_preload_that_leaves_a_thread_is_refused(sources: Path) -> None:
    thread = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
    recipe(sources, preload_txt="environment_warm\n", warm_py=thread)
    with pytest.raises(SandboxFault, match=r"preload\.txt leaves 2 threads"):
        environments.build("tiny")


def test_an_older_build_is_found_by_its_digest_while_it_is_there(sources: Path) -> None:
    older = environments.build("tiny")
    recipe(sources, requirements_lock="# another\n")
    newer = environments.build("tiny")
    assert environments.find("tiny", older.digest) == older
    assert environments.find("tiny") == newer
    assert [(one.environment, one.is_current) for one in environments.builds()] == [
        (older, False),
        (newer, True),
    ]
    environments.remove(older)
    assert environments.find("tiny", older.digest) == newer
    assert not older.path.exists()
    with pytest.raises(SandboxFault, match="no build"):
        environments.remove(older)


def test_a_digest_that_is_none_finds_what_the_lock_says(sources: Path) -> None:
    built = environments.build("tiny")
    assert environments.find("tiny", "../../etc") == built


def test_what_is_not_built_names_its_command(sources: Path) -> None:
    with pytest.raises(EnvironmentMissing) as raised:
        environments.find("tiny", "0123456789ab")
    assert raised.value.command == "python -m sandbox build tiny"
    assert environments.missing() == ["tiny"]


def test_a_build_that_was_cut_off_is_no_build(sources: Path) -> None:
    cut_off = environments.described("tiny").path
    (cut_off / "bin").mkdir(parents=True)
    assert environments.builds() == []
    assert (environments.build("tiny").path / "bin" / "python").exists()


def test_the_command_lists_what_is_built_and_what_is_not(
    sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sandbox.__main__ import main

    built = environments.build("tiny")
    recipe(sources.parent / "other")
    assert main(["environments"]) == 0
    first, second = capsys.readouterr().out.splitlines()[-2:]
    assert first.split()[:2] == ["tiny", built.digest]
    assert second.split(maxsplit=1) == ["other", "not built: python -m sandbox build other"]


def test_our_own_locks_hold_public_versions_and_no_address() -> None:
    for path in Path(environments.PROJECT, "environments").glob("*/requirements.lock"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text
        assert not [line for line in text.splitlines() if "==" in line and "+" in line.split()[0]]
        assert os.linesep + "torch==" not in text
