"""A private view of the file system, and how a process gives up being root in it.

Root often has to start a program as somebody else although the program, its interpreter or its data lie
where only root can read (`/root` is 0700). A process that calls `enter_private_view` gets a mount namespace
of its own in which the named paths also appear below `root`, a folder that everybody may enter; nobody else
sees that view, and the kernel removes it with the last process in it. `drop_to` then gives up root for good.

    with root's rights                          afterwards
    enter_private_view({"/root/x/bin": "bin"})  /mnt/bin is the old /root/x/bin, read-only
    drop_to(uid, gid)                           no way back, no capabilities
    die_with(parent)                            killed with whoever started us
    os.execve("/mnt/bin/program", ...)

The three calls change the calling process, so never make them in a server: start this file as a program
(`command` gives its command line), which makes them and then becomes the wanted program, under the same pid.
It imports little, so that this costs some 15 ms.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import stat
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

# linux/sched.h, sys/mount.h, linux/prctl.h
CLONE_NEWNS = 0x20000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC = 0x1, 0x2, 0x4, 0x20, 0x1000, 0x4000
MS_PRIVATE = 1 << 18
PR_SET_PDEATHSIG = 1

# Nobody's: beyond what distributions, systemd and subordinate ranges hand out.
HIGH_UIDS = range(1_900_000_000, 1_900_000_000 + (1 << 24))
# In a user namespace of only 65,536 uids: systemd's range for services without a user of their own.
LOW_UIDS = range(61_184, 65_519)

_libc = ctypes.CDLL(None, use_errno=True)


def enter_private_view(
    binds: Mapping[str, str], root: str = "/mnt", *, writable: Collection[str] = ()
) -> None:
    """Give this process a mount namespace in which `root` holds exactly `binds`: source -> name below `root`.

    A source is a file or a folder, and comes with whatever is mounted below it; a name may contain slashes.
    Everything is read-only, without set-uid bits and devices, but for the sources in `writable`, which keep
    their mount's own options. `root` must exist; what it held is hidden in this view, and a source may lie in
    it all the same. Needs CAP_SYS_ADMIN. Raises OSError, with the path, when a mount is refused.
    """
    _check(_libc.unshare(CLONE_NEWNS), "a mount namespace of its own")
    # Nothing mounted here may travel back to the rest of the machine.
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    sources = {source: os.open(source, os.O_PATH | os.O_CLOEXEC) for source in binds}
    _mount("view", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m")
    for source, name in binds.items():
        target = Path(root, name)
        handle = sources[source]
        _make_mount_point(target, is_folder=stat.S_ISDIR(os.fstat(handle).st_mode))
        _mount(f"/proc/self/fd/{handle}", str(target), None, MS_BIND | MS_REC)
        if source not in writable:
            flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
            _mount(None, str(target), None, flags)
        os.close(handle)
    _mount(None, root, None, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, "mode=0755,size=1m")


def drop_to(uid: int, gid: int) -> None:
    """Become `uid` and `gid` for good: no other groups, no capabilities, no way back.

    The kernel forgets the parent-death signal when the uid changes: call `die_with` afterwards.
    """
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def die_with(parent: int) -> None:
    """Be killed when the process `parent` (more exactly: the thread of it that started us) ends."""
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "the parent-death signal")
    if os.getppid() != parent:  # it ended before the call
        os.kill(os.getpid(), signal.SIGKILL)


def unprivileged_uid() -> int:
    """A uid that nobody uses, drawn anew on each call.

    A uid of its own keeps a job out of everybody's per-user counts (processes, pipe pages, keys).
    """
    mapped = _mapped_uids()
    for uids in (HIGH_UIDS, LOW_UIDS):
        if any(uids.start in known and uids.stop - 1 in known for known in mapped):
            return uids[int.from_bytes(os.urandom(4)) % len(uids)]
    return max(known[-1] for known in mapped)


def can_drop() -> bool:
    """Whether we are root and there is somebody else to become.

    The root of a user namespace with a single uid is an ordinary user of the machine, and stays what it is.
    """
    return os.geteuid() == 0 and any(known[-1] > 0 for known in _mapped_uids())


def command(
    argv: Sequence[str],
    *,
    binds: Mapping[str, str],
    root: str = "/mnt",
    writable: Collection[str] = (),
    uid: int,
    gid: int,
    expendable: bool = False,
) -> list[str]:
    """The command line that makes the view, drops to `uid` and runs `argv` in it with the same environment.

    It ends with status 125 and one line on standard error when it cannot. The caller must be its parent. When
    the machine runs out of memory, an `expendable` program is what the kernel ends first.
    """
    spec = {
        "argv": list(argv),
        "binds": dict(binds),
        "root": root,
        "writable": list(writable),
        "uid": uid,
        "gid": gid,
        "expendable": expendable,
        "parent": os.getpid(),
    }
    return [sys.executable, "-I", "-S", __file__, json.dumps(spec)]


def main() -> None:
    """Do what `command` wrote down."""
    spec = json.loads(sys.argv[1])
    try:
        enter_private_view(spec["binds"], spec["root"], writable=spec["writable"])
        if spec["expendable"]:
            _die_first()
        drop_to(spec["uid"], spec["gid"])
        die_with(spec["parent"])
        os.execve(spec["argv"][0], spec["argv"], dict(os.environ))  # noqa: S606 - the point of it
    except OSError as error:
        sys.stderr.write(f"staging: {error}\n")
        sys.exit(125)


def _die_first() -> None:
    """Set by root, so that nobody without rights can take it back. A container may forbid it: then not."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _mapped_uids() -> list[range]:
    lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    facts = [tuple(map(int, line.split())) for line in lines]
    return [range(first, first + count) for first, _outside, count in facts]


def _make_mount_point(target: Path, *, is_folder: bool) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    if is_folder:
        target.mkdir(mode=0o755, exist_ok=True)
    else:
        target.touch(mode=0o644)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    arguments = [text.encode() if text is not None else None for text in (source, target, kind, options)]
    status = _libc.mount(arguments[0], arguments[1], arguments[2], ctypes.c_ulong(flags), arguments[3])
    _check(status, f"mount {target}")


def _check(status: int, what: str) -> None:
    if status < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
