"""The system calls that a program in the sandbox does not get, as a filter that bubblewrap installs.

Everything is allowed but what is listed: ways to more kernel than a program needs (mounts, namespaces, keys,
bpf, asynchronous I/O, tracing) and memory that no limit of ours counts (memfd, System V, large buffers of
sockets). Numbers are from the kernel's unistd.h; the filter language is that of linux/filter.h and
linux/seccomp.h.
"""

from __future__ import annotations

import errno
import platform
import struct

NOWHERE = 0xFFFFFFFF  # a call that this kind of machine does not have
# On x86_64 and on aarch64.
REFUSED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_cancel": (210, 3),
    "io_destroy": (207, 1),
    "io_getevents": (208, 4),
    "io_pgetevents": (333, 292),
    "io_setup": (206, 0),
    "io_submit": (209, 2),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "modify_ldt": (154, NOWHERE),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setns": (308, 268),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
# Programs take these for missing in an old kernel and do without: clone3's flags lie where no filter can see.
MISSING = {"clone3": (435, 435), "memfd_create": (319, 279), "memfd_secret": (447, 447)}
CLONE, SOCKET, IOCTL, SETSOCKOPT = (56, 220), (41, 198), (16, 29), (54, 208)
NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW* flag
FAMILIES = (1, 2, 10)  # UNIX, INET, INET6
TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX: typing into somebody's terminal
# SO_SNDBUF, SO_RCVBUF and their FORCE variants. Other levels use some of the numbers, for nothing that is missed here.
BUFFER_SIZES = (7, 8, 32, 33)
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32 = 0x40000000  # x86_64's second set of numbers

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, MACHINE, FIRST_ARGUMENT, SECOND_ARGUMENT, THIRD_ARGUMENT = 0, 4, 16, 24, 32
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000


def seccomp_filter(machine: str | None = None) -> bytes | None:
    """The compiled filter for this kind of machine, or None where its numbers are not known here."""
    column, audit = MACHINES.get(machine or platform.machine(), (0, 0))
    if not audit:
        return None
    lines = [
        _line(LOAD, MACHINE),
        _line(JUMP_EQUAL, audit, 1, 0),
        _line(RETURN, KILL),
        _line(LOAD, NUMBER),
        _line(JUMP_AT_LEAST, X32, 0, 1),
        _line(RETURN, KILL),
    ]
    for numbers in REFUSED.values():
        lines += [_line(JUMP_EQUAL, numbers[column], 0, 1), _line(RETURN, FAIL | errno.EPERM)]
    for numbers in MISSING.values():
        lines += [_line(JUMP_EQUAL, numbers[column], 0, 1), _line(RETURN, FAIL | errno.ENOSYS)]
    lines += _when(CLONE[column], FIRST_ARGUMENT, [_line(JUMP_ANY_BIT, NEW_NAMESPACES, 0, 1), _fail()])
    allowed = [_line(JUMP_EQUAL, family, len(FAMILIES) - n, 0) for n, family in enumerate(FAMILIES)]
    lines += _when(SOCKET[column], FIRST_ARGUMENT, [*allowed, _fail(errno.EAFNOSUPPORT)])
    lines += _when(IOCTL[column], SECOND_ARGUMENT, _refusing(TERMINAL_INPUT))
    lines += _when(SETSOCKOPT[column], THIRD_ARGUMENT, _refusing(BUFFER_SIZES))
    return b"".join([*lines, _line(RETURN, ALLOW)])


def _when(number: int, argument: int, body: list[bytes]) -> list[bytes]:
    """Run `body` on an argument of the call `number`; what it does not refuse is allowed."""
    body = [_line(LOAD, argument), *body, _line(RETURN, ALLOW)]
    return [_line(JUMP_EQUAL, number, 0, len(body)), *body]


def _refusing(values: tuple[int, ...]) -> list[bytes]:
    return [line for value in values for line in (_line(JUMP_EQUAL, value, 0, 1), _fail())]


def _fail(code: int = errno.EPERM) -> bytes:
    return _line(RETURN, FAIL | code)


def _line(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
