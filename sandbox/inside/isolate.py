"""Makes of a process that stood ready the first process of a sandbox: namespaces, mounts, rights, system calls.

The process that calls `clone` lives in bubblewrap's sandbox already, without rights; each job gets a second one
within it, so that jobs see nothing of each other nor of the process that they came from. The order counts.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

# linux/sched.h: NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
NAMESPACES = 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | 0x10000000 | 0x20000000 | 0x40000000
SIGCHLD = 17
CLONE = {"x86_64": 56, "aarch64": 220}
# sys/mount.h
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x8, 0x1000, 0x4000, 1 << 18
# linux/prctl.h, linux/seccomp.h, linux/capability.h
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 22, 24, 38, 47
AMBIENT_CLEAR_ALL, SECCOMP_MODE_FILTER, CAPABILITY_VERSION = 4, 2, 0x20080522
MOST_CAPABILITIES = 64
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
SHARED_MEMORY_MB = 16

# PyDLL: the interpreter's lock is held throughout, so nothing of its state changes hands in the clone.
_libc = ctypes.PyDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def clone() -> int:
    """Fork into fresh namespaces; 0 in the child, which is the first process of its own. One thread only."""
    pid: int = _libc.syscall(CLONE[platform.machine()], NAMESPACES | SIGCHLD, 0, 0, 0, 0)
    return _checked(pid, "namespaces of its own")


def isolate(*, disk_mb: int, work: str, seccomp: bytes, keep: Iterable[str]) -> None:
    """All that makes the caller a stranger. Call it first thing in the child; there is no way back.

    `keep` are folders that stay seen although they lie below a writable one.
    """
    _map_ourselves()
    os.setsid()
    home = os.environ["HOME"]
    kept = {
        folder: os.open(folder, os.O_PATH)
        for folder in keep
        if any(Path(folder).is_relative_to(below) for below in ("/tmp", home))  # noqa: S108 - the sandbox's own
    }
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    disk = f"size={disk_mb << 20},nr_inodes=40000"
    _mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, f"size={SHARED_MEMORY_MB << 20},mode=1777")  # noqa: S108
    _mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    _mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, f"{disk},mode=1777")  # noqa: S108
    _mount("tmpfs", home, "tmpfs", MS_NOSUID | MS_NODEV, f"{disk},mode=0755")
    for folder, descriptor in kept.items():
        Path(folder).mkdir(parents=True)
        _mount(f"/proc/self/fd/{descriptor}", folder, None, MS_BIND | MS_REC)
        os.close(descriptor)
    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    _raise_loopback()
    Path("/proc/sys/user/max_user_namespaces").write_text("0", encoding="ascii")
    Path(work).mkdir()
    os.chdir(work)
    _drop_capabilities()
    _checked(_libc.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0), "the parent-death signal")
    _checked(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new rights")
    if seccomp:
        _install(seccomp)


def _map_ourselves() -> None:
    """The same ids in the new user namespace; all others are nobody's."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{UID} {UID} 1"),
        ("gid_map", f"{GID} {GID} 1"),
    ):
        Path("/proc/self", name).write_text(text, encoding="ascii")


def _raise_loopback() -> None:
    """A learner's server and client may talk; there is nobody else."""
    with socket.socket() as any_socket:
        request = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        flags = struct.unpack("16sh14x", request)[1] | IFF_UP
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))


def _drop_capabilities() -> None:
    for number in range(MOST_CAPABILITIES):
        if _libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0:
            if ctypes.get_errno() != errno.EINVAL:  # beyond the last that this kernel knows
                raise OSError(ctypes.get_errno(), "a capability could not be dropped")
            break
    _checked(_libc.prctl(PR_CAP_AMBIENT, AMBIENT_CLEAR_ALL, 0, 0, 0), "no ambient capabilities")
    header, none = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(ctypes.byref(header), ctypes.byref(none)), "no capabilities")


def _install(seccomp: bytes) -> None:
    code = ctypes.create_string_buffer(seccomp, len(seccomp))
    program = _Program(len(seccomp) // 8, ctypes.addressof(code))
    status = _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)
    _checked(status, "the system-call filter")


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    words = [text.encode() if text is not None else None for text in (source, target, kind, options)]
    status = _libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])
    _checked(status, f"mount {target}")


def _checked(status: int, what: str) -> int:
    if status < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return status


# Before the clone: afterwards the kernel names them by its own overflow ids until they are mapped.
UID, GID = os.getuid(), os.getgid()
