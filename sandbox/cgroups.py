"""The kernel's own account of a job's memory, where this process may make control groups.

The watchdog of `watch.py` samples what is mapped, or asks the job's control group, which is cheaper and also knows of
pages that a program gave back but a shared mapping still holds. The group's own limit, which holds between samples
and for the kernel's buffers, lies above the watchdog's, so that a job ends the same way with it and without.
Three tiers: version 2 where a group was delegated to us, version 1, else the watchdog alone.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PREFIX = "sandbox-"
# Page tables, stacks, caches of files: the group counts them, the watchdog does not.
HEADROOM = 64 << 20
GONE_SECONDS = 2.0
_numbers = itertools.count()


@dataclass(frozen=True)
class Tier:
    """Where groups can be made: version 2 or 1, and for each of the needed controllers the folder to make them in."""

    version: int
    parents: tuple[Path, ...]

    @property
    def name(self) -> str:
        return f"control group, version {self.version}"


@dataclass(frozen=True)
class Group:
    """One job's group: a folder, with version 1 one for each controller."""

    version: int
    folders: tuple[Path, ...]

    def limit_memory(self, memory: int) -> None:
        """In bytes, beyond which the watchdog ends the job."""
        name = "memory.max" if self.version == 2 else "memory.limit_in_bytes"  # noqa: PLR2004 - its number
        _set(self.folders[0], name, memory + HEADROOM)

    def add(self, pid: int) -> None:
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    @contextlib.contextmanager
    def doors(self) -> Iterator[list[int]]:
        """Descriptors: a process that writes 0 to each enters the group."""
        opened = [os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC) for folder in self.folders]
        try:
            yield opened
        finally:
            for descriptor in opened:
                os.close(descriptor)

    @property
    def used(self) -> int | None:
        """Bytes of private and shared memory, files in folders in memory among it; None when the kernel is silent."""
        wanted = ("anon", "shmem") if self.version == 2 else ("total_rss", "total_shmem")  # noqa: PLR2004
        with contextlib.suppress(OSError, ValueError):
            lines = (self.folders[0] / "memory.stat").read_text(encoding="ascii").splitlines()
            found = dict(line.split() for line in lines)
            return sum(int(found[name]) for name in wanted if name in found)
        return None

    @property
    def ran_over(self) -> bool:
        """Whether the kernel ended a process of it for its memory."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"  # noqa: PLR2004 - its number
        with contextlib.suppress(OSError):
            lines = (self.folders[0] / name).read_text(encoding="ascii").splitlines()
            return any(line.startswith("oom_kill ") and line != "oom_kill 0" for line in lines)
        return False

    def close(self) -> None:
        """Its processes are gone, or just about to be."""
        until = time.monotonic() + GONE_SECONDS
        for folder in self.folders:
            while folder.is_dir():
                with contextlib.suppress(OSError):
                    folder.rmdir()
                    break
                if time.monotonic() > until:
                    break
                time.sleep(0.002)


def open_group(memory: int, processes: int) -> Group | None:
    """A group for a job that the watchdog ends beyond `memory` bytes; None where there are no groups."""
    tier = find_tier()
    if tier is None:
        return None
    with contextlib.suppress(OSError):
        return _make(tier, memory, processes)
    return None


@cache
def find_tier() -> Tier | None:
    """What this machine lets us do, tried out."""
    for tier in (_delegated(), _version_1()):
        if tier is None:
            continue
        with contextlib.suppress(OSError):
            _clear(tier)
            _make(tier, 1 << 30, 10).close()
            return tier
    return None


def _make(tier: Tier, memory: int, processes: int) -> Group:
    name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
    group = Group(tier.version, tuple(parent / name for parent in tier.parents))
    try:
        for folder in group.folders:
            folder.mkdir()
        group.limit_memory(memory)
        if tier.version == 2:  # noqa: PLR2004 - its number
            with contextlib.suppress(OSError):  # a kernel without swap accounting
                _set(group.folders[0], "memory.swap.max", 0)
            _set(group.folders[0], "memory.oom.group", 1)
        _set(group.folders[-1], "pids.max", processes)
    except OSError:
        group.close()
        raise
    return group


def _set(folder: Path, name: str, value: int) -> None:
    (folder / name).write_text(str(value), encoding="ascii")


def _clear(tier: Tier) -> None:
    """What a killed process of ours left."""
    for parent in tier.parents:
        for folder in parent.glob(f"{PREFIX}*"):
            pid = folder.name.removeprefix(PREFIX).partition("-")[0]
            if not Path("/proc", pid).exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()


def _delegated() -> Tier | None:
    """The group above ours, if it is ours too: one that holds processes itself can have no limited ones below."""
    mount, own = _mounts().get(""), _groups().get("")
    if mount is None or own is None:
        return None
    parent = (mount / own.lstrip("/")).parent
    if own == "/" or not os.access(parent, os.W_OK):
        return None
    with contextlib.suppress(OSError):
        if {"memory", "pids"} <= set((parent / "cgroup.controllers").read_text(encoding="ascii").split()):
            (parent / "cgroup.subtree_control").write_text("+memory +pids", encoding="ascii")
            return Tier(2, (parent,))
    return None


def _version_1() -> Tier | None:
    mounts, groups = _mounts(), _groups()
    parents = []
    for controller in ("memory", "pids"):
        if controller not in mounts or controller not in groups:
            return None
        below = mounts[controller] / groups[controller].lstrip("/")
        # In a container the mount may show our own group as its root.
        parents.append(below if below.is_dir() else mounts[controller])
    return Tier(1, tuple(parents)) if all(os.access(parent, os.W_OK) for parent in parents) else None


def _mounts() -> dict[str, Path]:
    """Where each controller is mounted; version 2 under ""."""
    found: dict[str, Path] = {}
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        before, _, after = line.partition(" - ")
        kind, _source, options = [*after.split(" "), "", ""][:3]
        place = Path(before.split(" ")[4])
        if kind == "cgroup2":
            found.setdefault("", place)
        elif kind == "cgroup":
            found |= dict.fromkeys(options.split(","), place)
    return found


def _groups() -> dict[str, str]:
    """Our own group for each controller; version 2 under ""."""
    found: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _number, names, path = line.split(":", 2)
        found |= dict.fromkeys(names.split(","), path)
    return found
