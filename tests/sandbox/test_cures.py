"""A machine that cannot isolate is told apart from a fault, and its operator is told the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import SandboxFault, SandboxUnavailable, cures
from sandbox.seccomp import seccomp_filter


@pytest.mark.parametrize(
    "words",
    [
        "bwrap: No permissions to create a new namespace, likely because the kernel does not allow it.",
        "bwrap: setting up uid map: Permission denied",
        "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
        "bwrap: Creating new namespace failed: Operation not permitted",
        "staging: [Errno 1] a mount namespace of its own: Operation not permitted",
    ],
)
def test_a_refusal_of_the_kernel_means_unavailable(words: str) -> None:
    fault = cures.explain(words)
    assert isinstance(fault, SandboxUnavailable)
    assert words in fault.sentence
    assert fault.cure


def test_anything_else_is_a_fault() -> None:
    fault = cures.explain("bwrap: Can't find source path /x: No such file or directory")
    assert isinstance(fault, SandboxFault)
    assert not isinstance(fault, SandboxUnavailable)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("kernel/unprivileged_userns_clone", "0", "Debian"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor"),
        ("user/max_user_namespaces", "0", "RHEL"),
        ("kernel/nothing", "1", "container"),
    ],
)
def test_the_cure_fits_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, words: str
) -> None:
    (tmp_path / setting).parent.mkdir(parents=True)
    (tmp_path / setting).write_text(value, encoding="ascii")
    monkeypatch.setattr(cures, "SYSCTL", tmp_path)
    assert words in cures.cure()


def test_a_filter_exists_for_the_known_machines_only() -> None:
    assert seccomp_filter("x86_64") != seccomp_filter("aarch64")
    assert seccomp_filter("m68k") is None
    compiled = seccomp_filter("x86_64")
    assert compiled
    assert len(compiled) % 8 == 0
