"""`manage.py up`: starts and watches every process of the site; Ctrl-C stops them all.

It loads no Django: it is the one process that must not fail, and it stays for as long as the site does.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from lms import keeper, places, site_programs
from lms.claim import SITE, Taken, claim, make_folder
from lms.processes import Child, Output, StartFailed, stop_all

# All of a stop takes five seconds at most: who uses the stores first, then the stores.
_USERS_SECONDS, _STOP_SECONDS = 3.8, 4.8
# How long a command may still use the database, and a worker may take, before the start goes on.
_COMMAND_SECONDS = _PATIENCE_SECONDS = 15.0


class Supervisor:
    def __init__(self, options: argparse.Namespace, data: Path) -> None:
        self.options, self.data = options, data
        self.output = Output()
        self.stores: list[Child] = []
        self.users: list[Child] = []
        self.signals: list[int] = []

    def run(self) -> None:
        """Until a signal comes. Raises StartFailed."""
        began = time.monotonic()
        self._listen_to_signals()
        try:
            self.stores = keeper.start_own_stores(self.data, self.output)
            web, *others = (
                Child(program, self.output)
                for program in site_programs.serving(self.data, self.options.host, self.options.port)
            )
            banner = self._prepare(web)
            self._wait(web)
            self._greet(banner, time.monotonic() - began)
            for child in others:
                self.users.append(child)
                child.start()
            for child in others:
                self._wait(child)
            self.say(f"everything runs after {time.monotonic() - began:.1f} s; Ctrl-C stops it")
            while not self.signals:
                self._watch()
        except _Stopped:
            pass
        finally:
            self._stop()

    def say(self, line: str) -> None:
        self.output.say("up", line)

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda got, _frame: self.signals.append(got))
        signal.signal(signal.SIGCHLD, lambda _got, _frame: None)
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

        def drain() -> None:
            os.read(reader, 4096)

        self.output.selector.register(reader, 1, drain)

    def _prepare(self, web: Child) -> str:
        """Create and migrate the tables; gives the lines about demo accounts. Ends the start where it must.

        Meanwhile the web loads its code on another core; it answers nobody before the note is there.
        """
        note = places.prepared(self.data)
        note.unlink(missing_ok=True)
        child = Child(site_programs.prepare(self.options, note), self.output)
        self.users = [web, child]  # so that a stop in the middle ends both
        for started in (child, web):
            started.start()
        while child.is_running:
            self._pump(0.02)
        self.output.pump(0)
        if child.process is None or child.process.returncode:
            raise StartFailed("The site was not started; the lines above say why.")
        self.users.remove(child)
        web.begin_again()
        return note.read_text(encoding="utf-8").strip()

    def _greet(self, banner: str, seconds: float) -> None:
        for line in filter(None, banner.splitlines()):
            self.say(line)
        self.say(f"the site answers at {site_programs.address(self.options)} after {seconds:.1f} s")

    def _wait(self, child: Child) -> None:
        """Only the web must work for the start to go on; the others may come later (the broker may be away)."""
        is_web = child.name == "web"
        while not child.check_ready():
            if is_web and (child.is_overdue or not child.is_running):
                raise StartFailed("The web server did not start; the lines above say why.")
            if not is_web and time.monotonic() - child.started_at > _PATIENCE_SECONDS:
                self.say(f"{child.name} is not ready yet; the site goes on without it")
                return
            self._pump(0.02)

    def _pump(self, timeout: float) -> None:
        self.output.pump(timeout)
        if self.signals:
            raise _Stopped

    def _watch(self) -> None:
        """One look at every process; one that ended starts again by itself, the others go on."""
        now = time.monotonic()
        next_look = 3600.0
        for child in (*self.stores, *self.users):
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self._restart(child)
                next_look = min(next_look, 0.1)
            elif not child.is_running or child.is_overdue:
                self._plan_restart(child)
                next_look = min(next_look, 0.1)
            elif not child.is_ready:
                if child.check_ready():
                    self.say(f"{child.name} works again")
                next_look = min(next_look, 0.1)
        self.output.pump(next_look)

    def _plan_restart(self, child: Child) -> None:
        code = child.process.poll() if child.process else None
        why = "was not ready in time" if code is None else f"ended with status {code}"
        self.say(f"{child.name} {why}; it starts again in {child.plan_restart():g} s")

    def _restart(self, child: Child) -> None:
        try:
            child.start()
        except StartFailed as reason:
            self.say(f"{reason}; again in {child.plan_restart():g} s")

    def _stop(self) -> None:
        began = time.monotonic()
        self.say("stopping")
        stop_all(self.users[::-1], self.output, seconds=_USERS_SECONDS)
        left = _STOP_SECONDS - (time.monotonic() - began)
        stop_all(self.stores[::-1], self.output, seconds=left)
        self.say(f"stopped in {time.monotonic() - began:.1f} s")


class _Stopped(Exception):
    """A signal came while the site was still starting."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    port = os.environ.get("PORT") or "8000"
    parser.add_argument("--port", type=_port, default=port, help=f"where to listen (PORT; {port})")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--data", type=Path, default=None, help="the data folder (DATA_DIR; ./var)")
    parser.add_argument("--demo", action="store_true", help="create the sample group on an empty database")


def main(arguments: Iterable[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="manage.py up", description="Start the whole site; Ctrl-C stops it."
    )
    add_arguments(parser)
    return run(parser.parse_args(list(arguments)))


def run(options: argparse.Namespace) -> int:
    """The exit status. What goes wrong is told in a sentence on standard error."""
    data = (options.data or places.data_dir()).resolve()
    os.environ |= {"DATA_DIR": str(data), "PORT": str(options.port)}
    try:
        make_folder(data)
        with claim(data, SITE, wait=_COMMAND_SECONDS):
            _check_port(options.host, options.port)
            Supervisor(options, data).run()
    except Taken as taken:
        print(f"up: {_taken(data, taken.holder)}", file=sys.stderr)  # noqa: T201
        return 1
    except (StartFailed, OSError) as reason:
        print(f"up: {reason}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _taken(data: Path, holder: str) -> str:
    kind, _, pid = holder.partition(" ")
    if kind == SITE:
        return f"The site already runs on {data} (process {pid}). Stop it first, or choose another DATA_DIR."
    return f"A command still uses the database of {data} (process {pid}). Try again when it has ended."


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):  # noqa: PLR2004 - the ports there are
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r} (PORT=8000)")
    return int(text)


def _check_port(host: str, port: int) -> None:
    """Granian shares its port with whoever listens already, so ask before it does."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = f"Port {port} of {host} cannot be used ({error.strerror})."
            raise StartFailed(f"{reason} {_port_cure(error, port)}") from error


def _port_cure(error: OSError, port: int) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return "This machine has no such address. Choose another: --host 127.0.0.1."
    if error.errno == errno.EACCES:
        return "Ports below 1024 belong to root. Choose another: PORT=8000."
    return f"Choose another: PORT={port % 65535 + 1}."
