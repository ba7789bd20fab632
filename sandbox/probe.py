"""Proves each layer of the isolation on this machine by running a program that tries to get through it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sandbox import warm
from sandbox.bubblewrap import find_bubblewrap
from sandbox.cgroups import find_tier
from sandbox.cures import cure
from sandbox.environments import find
from sandbox.errors import SandboxFault, SandboxUnavailable
from sandbox.jobs import Job, Limits, Result
from sandbox.runner import run
from sandbox.seccomp import seccomp_filter

NO_NETWORK = """
import os, socket
names = sorted(os.listdir("/proc/sys/net/ipv4/conf"))
assert not set(names) - {"all", "default", "lo", "tunl0", "sit0"}, names
try:
    socket.create_connection(("192.0.2.1", 80), 1)
except OSError:
    pass
else:
    raise AssertionError("connected")
"""
UNPRIVILEGED = """
import os
words = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
assert os.getuid() and not int(words["CapEff"], 16) and words["NoNewPrivs"].strip() == "1", words
"""
FILTERED = """
import ctypes
status = open("/proc/self/status").read()
assert "Seccomp:\\t2" in status, status
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(0x10000000) == -1
"""
LIMITED_MEMORY = """
try:
    held = bytearray(600 << 20)
except MemoryError:
    held = None
assert held is None
"""
LIMITED_PROCESSES = """
import os, time
started = 0
try:
    while started < 200:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        started += 1
except OSError:
    pass
assert started < 64, started
"""
LIMITED_DISK = """
try:
    with open("/tmp/full", "wb") as file:
        file.write(bytes(20 << 20))
except OSError:
    pass
else:
    raise AssertionError("written")
"""
MANY_PROCESSES = """
import os, time
for _ in range(16):
    if os.fork() == 0:
        held = bytearray(b"x") * (64 << 20)
        time.sleep(60)
time.sleep(60)
"""
BUG = "This is a bug, or a kernel without /proc/PID/task/TID/children: please report it with this line."
DELEGATE = (
    "It bounds memory too, but by samples. systemd: Delegate=memory pids and DelegateSubgroup=main in the worker's "
    "unit; Docker, Podman: run the worker in a container with a writable cgroup file system; or run it as root."
)
STARTS_COLD = "Sandboxes start cold, some tenths of a second slower; nothing else changes."
WARM_SECONDS = 60.0
LIMITS = Limits(seconds=30, cell_seconds=5, memory_mb=512, processes=32, disk_mb=8)


@dataclass(frozen=True)
class Layer:
    """One layer: whether it holds, what was found, and what to do when it does not, or could be better.

    Without one that is not needed, sandboxes isolate all the same.
    """

    name: str
    holds: bool
    found: str
    cure: str = ""
    is_needed: bool = True


def probe() -> list[Layer]:
    """Every layer, in the order in which they build on each other. Takes some seconds."""
    layers = [_layer("user namespaces", _user_namespaces), _layer("bubblewrap", _bubblewrap)]
    base = _layer("environment base", lambda: str(find("base").path.name))
    if all(layer.holds for layer in layers) and base.holds:
        layers += _proofs(Path(find("base").path))
    return [*layers, base]


def can_isolate(layers: list[Layer]) -> bool:
    return all(layer.holds for layer in layers if layer.is_needed)


def as_facts(layers: list[Layer]) -> dict[str, Any]:
    return {"can_isolate": can_isolate(layers), "layers": [asdict(layer) for layer in layers]}


def _layer(name: str, check: Callable[[], str]) -> Layer:
    try:
        return Layer(name, holds=True, found=check())
    except SandboxUnavailable as error:
        return Layer(name, holds=False, found=error.sentence, cure=error.cure)
    except SandboxFault as error:
        return Layer(name, holds=False, found=str(error), cure=_cure_for(str(error)))


def _cure_for(sentence: str) -> str:
    return "python -m sandbox build base" if "not built" in sentence else cure()


def _user_namespaces() -> str:
    """As somebody without rights: root may always make them, and a sandbox does not run as root."""
    words = ["unshare", "--user", "--net", "--mount", "true"]
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    try:
        done = subprocess.run([*as_nobody, *words], capture_output=True, text=True, check=False, timeout=10)
    except OSError:
        return "not tried: the programs unshare and setpriv (package util-linux) are missing"
    if done.returncode:
        raise SandboxUnavailable(f"This machine refuses them ({done.stderr.strip()}).", cure())
    return "allowed"


def _bubblewrap() -> str:
    return find_bubblewrap().name


def _proofs(environment: Path) -> Iterator[Layer]:
    with tempfile.NamedTemporaryFile("w", prefix="sandbox-probe-") as secret:
        secret.write("not for you")
        secret.flush()
        attacks = {
            "no network": NO_NETWORK,
            "unprivileged": UNPRIVILEGED,
            "system calls": FILTERED if seccomp_filter() else "",
            "no host files": _hidden(secret.name, str(Path(__file__).parents[1] / "pyproject.toml")),
            "memory limit": LIMITED_MEMORY,
            "process limit": LIMITED_PROCESSES,
            "disk limit": LIMITED_DISK,
        }
        job = Job(str(environment), tuple(attacks.values()), limits=LIMITS)
        try:
            with _only_cold():
                result = run(job)
        except SandboxUnavailable as error:
            yield Layer("isolation", holds=False, found=error.sentence, cure=error.cure)
            return
        except SandboxFault as error:
            yield Layer("isolation", holds=False, found=str(error), cure=cure())
            return
        warm_layer = _warm(job, list(attacks))
    yield from _judged(list(attacks), result)
    yield _together(environment)
    yield _accounting()
    yield warm_layer


def _accounting() -> Layer:
    tier = find_tier()
    if tier:
        return Layer("memory accounting", holds=True, found=tier.name)
    return Layer("memory accounting", holds=True, found="the watchdog alone", cure=DELEGATE)


def _warm(job: Job, names: list[str]) -> Layer:
    """The same attacks from a process that stood ready, in a daemon of our own."""
    name = "warm start"
    with _own_daemon():
        if not warm.prepare(job.environment, wait=WARM_SECONDS):
            found = next(
                (zygote["why"] for zygote in warm.state().get("zygotes", [])), "the daemon did not start"
            )
            return Layer(name, holds=False, found=found, cure=STARTS_COLD, is_needed=False)
        began = time.monotonic()
        empty = run(Job(job.environment, ("1",), limits=LIMITS))
        milliseconds = 1000 * (time.monotonic() - began)
        try:
            result = run(job)
            together = run(Job(job.environment, (MANY_PROCESSES,), limits=LIMITS))
        except SandboxFault as error:
            return Layer(name, holds=False, found=str(error), cure=BUG)
    failed = [layer for layer in _judged(names, result) if not layer.holds]
    ends = (empty.start, result.start, together.start, together.status)
    if failed or ends != ("warm", "warm", "warm", "memory"):
        found = "; ".join(f"{layer.name}: {layer.found}" for layer in failed) or " ".join(ends)
        return Layer(name, holds=False, found=found, cure=BUG)
    return Layer(name, holds=True, found=f"holds, {milliseconds:.0f} ms for a cell", is_needed=False)


@contextlib.contextmanager
def _own_daemon() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="sandbox-probe-") as folder:
        path = Path(folder, "socket")
        words = [sys.executable, "-m", "sandbox", "serve", "--socket", str(path)]
        with subprocess.Popen(words, cwd=Path(__file__).parents[1], stderr=subprocess.DEVNULL) as daemon:
            until = time.monotonic() + WARM_SECONDS
            while not path.exists() and daemon.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            try:
                with _socket(str(path)):
                    yield
            finally:
                daemon.terminate()


def _only_cold() -> contextlib.AbstractContextManager[None]:
    return _socket("")


@contextlib.contextmanager
def _socket(path: str) -> Iterator[None]:
    before = os.environ.get(warm.VARIABLE, "")
    os.environ[warm.VARIABLE] = path
    try:
        yield
    finally:
        os.environ[warm.VARIABLE] = before


def _together(environment: Path) -> Layer:
    """Memory of many processes: counted from outside, so its own job."""
    name = "memory of all processes"
    with _only_cold():
        result = run(Job(str(environment), (MANY_PROCESSES,), limits=LIMITS))
    if result.status == "memory":
        return Layer(name, holds=True, found="holds")
    return Layer(name, holds=False, found=f"{result.status} {result.detail}", cure=BUG)


def _judged(names: list[str], result: Result) -> Iterator[Layer]:
    for name, cell in zip(names, result.cells, strict=True):
        if cell.status == "ok":
            yield Layer(name, holds=True, found="holds")
        else:
            words = [f"{output['ename']}: {output['evalue']}" for output in cell.outputs if "ename" in output]
            found = words[0] if words else result.detail
            yield Layer(name, holds=False, found=found, cure=BUG)


def _hidden(*paths: str) -> str:
    return f"""
import os
assert not [path for path in {paths!r} if os.path.exists(path)]
assert not os.path.exists("/etc/shadow") and not os.path.exists("/sys/class")
"""
