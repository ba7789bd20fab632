"""What a machine lacks when bubblewrap cannot isolate on it, and what its operator can do about that."""

from __future__ import annotations

from pathlib import Path

from sandbox.errors import SandboxFault, SandboxUnavailable

REFUSED = (
    "creating new namespace failed",
    "no permissions to creat",
    "setting up uid map",
    "loopback: failed",
    "need to be setuid",
    "mount namespace of its own",
    "capset failed",
    "can't mount proc",
)
SYSCTL = Path("/proc/sys")


def explain(words: str) -> SandboxFault:
    """The exception for a sandbox that ended before its first cell, from what was said on standard error."""
    if any(sign in words.lower() for sign in REFUSED):
        return SandboxUnavailable(f"This machine does not let a program be isolated ({words}).", cure())
    return SandboxFault(f"The sandbox ended before the first cell: {words}")


def cure() -> str:
    """The likeliest cure on this machine."""
    if _number("kernel/unprivileged_userns_clone") == 0:
        return (
            "Debian: allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1 "
            "(keep it in /etc/sysctl.d)."
        )
    if _number("kernel/apparmor_restrict_unprivileged_userns") == 1:
        return (
            "Ubuntu 24.04: give bwrap an AppArmor profile that allows user namespaces (docs/sandbox.md), "
            "or: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0."
        )
    if _number("user/max_user_namespaces") == 0:
        return "RHEL and its kin: sysctl -w user.max_user_namespaces=15000 (keep it in /etc/sysctl.d)."
    return (
        "In a container, allow user namespaces and mounts: run it with --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined; in Kubernetes set "
        "hostUsers: false and procMount: Unmasked in the security context."
    )


def _number(name: str) -> int | None:
    try:
        return int((SYSCTL / name).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
