from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from lms.env import envbool, envint, envsecret, kept_secret


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("true", True), ("0", False), ("", False), ("off", False)]
)
def test_a_switch_is_read(monkeypatch: pytest.MonkeyPatch, text: str, *, value: bool) -> None:
    monkeypatch.setenv("SWITCH", text)
    assert envbool("SWITCH", default=not value) is value


def test_a_mistyped_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBER", "ten")
    with pytest.raises(ImproperlyConfigured, match="NUMBER must be a whole number, not 'ten'"):
        envint("NUMBER", 1)
    monkeypatch.setenv("SWITCH", "maybe")
    with pytest.raises(ImproperlyConfigured, match="SWITCH"):
        envbool("SWITCH")


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("TOKEN", "from the environment")
    assert envsecret("TOKEN") == "from the environment"
    monkeypatch.setenv("TOKEN_FILE", str(tmp_path / "secret"))
    assert envsecret("TOKEN") == "from the file"
    monkeypatch.setenv("TOKEN_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured, match="TOKEN_FILE"):
        envsecret("TOKEN")


def test_a_secret_is_made_once_and_only_ours_to_read(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret"
    secret = kept_secret(path)
    assert kept_secret(path) == secret
    assert len(secret) >= 50
    assert path.stat().st_mode & 0o777 == 0o600
