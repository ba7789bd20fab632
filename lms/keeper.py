"""Keeps a data folder's database running for as long as a command or a test run uses it, and no longer.

    with database_running(data): ...        uses the running database, else has a keeper start it

A keeper is a process of its own, `python -m lms.keeper DATA`: several commands may share it, and whoever is
killed takes nothing with him. Each user holds a shared lock on `users`; when the keeper can lock it alone,
nobody is left and it ends.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from lms import embedded, places
from lms.claim import COMMAND, Taken, claim, holder_of, make_folder
from lms.places import BASE_DIR
from lms.processes import Child, Output, Program, StartFailed, stop_all

if TYPE_CHECKING:
    import psycopg  # the supervisor and the keeper do without its 10 MB

_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_LOOK_SECONDS = 0.5


@contextlib.contextmanager
def database_running(data: Path, *, options: tuple[str, ...] = ()) -> Iterator[None]:
    """The embedded PostgreSQL of `data` answers inside the block, with the database `maru` in it.

    `options` are the keeper's. Raises StartFailed.
    """
    make_folder(data)
    with (data / "users").open("a", encoding="ascii") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            _wait_until_it_answers(data, options)
            create_database(data)
            yield
        finally:
            _let_it_end(data, users)


def _wait_until_it_answers(data: Path, options: tuple[str, ...]) -> None:
    postgres = embedded.Postgres(data)
    end = time.monotonic() + _START_SECONDS
    log = data / "keeper.log"
    keeper: subprocess.Popen[bytes] | None = None
    while not postgres.answers():
        if time.monotonic() > end:
            raise StartFailed(f"The database of {data} did not start: {_last_words(log)}")
        # Somebody else's start may be under way: then ours ends at once and we wait for theirs.
        if keeper is None or keeper.poll() is not None:
            if keeper is not None and keeper.returncode not in {0, 75}:
                raise StartFailed(f"The database of {data} did not start: {_last_words(log)}")
            with log.open("ab") as output:
                keeper = subprocess.Popen(
                    [sys.executable, "-m", "lms.keeper", str(data), *options],
                    cwd=BASE_DIR, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    start_new_session=True,
                )  # fmt: skip
        time.sleep(0.03)


def _let_it_end(data: Path, users: TextIO) -> None:
    """Leave no process behind, unless somebody else uses the database now. The lock on `users` is given up."""
    fcntl.flock(users, fcntl.LOCK_UN)
    end = time.monotonic() + _STOP_SECONDS
    was_told = False
    while time.monotonic() < end and (holder := holder_of(data)).startswith(COMMAND):
        if _can_lock(users, fcntl.LOCK_SH):
            if not _can_lock(users, fcntl.LOCK_EX):
                return  # another command
            if not was_told:
                was_told = True
                with contextlib.suppress(ProcessLookupError, ValueError):
                    os.kill(int(holder.split()[1]), signal.SIGTERM)  # look now
        time.sleep(0.02)


def _can_lock(users: TextIO, how: int) -> bool:
    try:
        fcntl.flock(users, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(users, fcntl.LOCK_UN)
    return True


def _last_words(log: Path) -> str:
    with contextlib.suppress(OSError):
        return log.read_text(encoding="utf-8", errors="replace").strip()[-600:]
    return "it said nothing"


def connect(data: Path, name: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
    import psycopg

    return psycopg.connect(
        dbname=name, user="maru", host=str(places.postgres_sockets(data)), autocommit=True, connect_timeout=5
    )


def create_database(data: Path) -> None:
    """The database `maru`, unless it is there already."""
    import psycopg

    with connect(data) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'maru'").fetchone():
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute("CREATE DATABASE maru")


def is_own(name: str) -> bool:
    """Whether the store is the embedded one: the environment names no other."""
    return not (os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def start_own_stores(data: Path, output: Output) -> list[Child]:
    """Those of the two stores that no DATABASE_URL and no REDIS_URL replaces."""
    places.run_folder(data).mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    programs = []
    if is_own("DATABASE_URL"):
        programs.append(postgres_program(data, fast=False))
    if is_own("REDIS_URL"):
        programs.append(embedded.valkey(data))
    return start_stores(programs, output)


def postgres_program(data: Path, *, fast: bool) -> Program:
    postgres = embedded.Postgres(data)
    postgres.make_folders()
    postgres.initialise()
    return postgres.program(fast=fast)


def start_stores(programs: list[Program], output: Output) -> list[Child]:
    """Start them and wait until they answer. Raises StartFailed, with whatever ran already stopped."""
    children = [Child(program, output) for program in programs]
    try:
        for child in children:
            child.start()
        for child in children:
            wait_until_ready(child, output)
    except BaseException:
        stop_all(children[::-1], output, seconds=3)
        raise
    return children


def wait_until_ready(child: Child, output: Output) -> None:
    while not child.check_ready():
        if not child.is_running:
            output.pump(0.05)
            raise StartFailed(f"{child.name} ended before it was ready; its last lines say why.")
        if child.is_overdue:
            raise StartFailed(f"{child.name} was not ready in time.")
        output.pump(0.01)


def keep(data: Path, *, fast: bool, with_valkey: bool) -> None:
    wake: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: wake.append(got))
    output = Output()
    programs = [postgres_program(data, fast=fast)]
    if with_valkey:
        programs.append(embedded.valkey(data))
    children = start_stores(programs, output)
    # The lock stays held until the process ends: who comes meanwhile waits, and starts a keeper of its own.
    users = (data / "users").open("a", encoding="ascii")
    while all(child.is_running for child in children):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        end = time.monotonic() + _LOOK_SECONDS
        wake.clear()
        while not wake and time.monotonic() < end:
            output.pump(0.05)
    stop_all(children[::-1], output, seconds=4)


def main() -> None:
    parser = argparse.ArgumentParser(prog="lms.keeper", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fast", action="store_true", help="for tests: a crash may lose everything")
    parser.add_argument("--valkey", action="store_true")
    options = parser.parse_args()
    try:
        lock = claim(options.data, COMMAND)
    except Taken:
        raise SystemExit(os.EX_TEMPFAIL) from None
    with lock:
        try:
            keep(options.data, fast=options.fast, with_valkey=options.valkey)
        except StartFailed as reason:
            raise SystemExit(str(reason)) from reason


if __name__ == "__main__":
    main()
