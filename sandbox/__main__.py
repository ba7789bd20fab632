"""The sandbox from a command line, with no site.

python -m sandbox JOB.json        run a job (a file, or - for standard input), print its result as JSON
python -m sandbox probe [--json]  prove each layer of the isolation; status 3 when one does not hold
python -m sandbox build NAME      build an environment
python -m sandbox environments    list the environments that are built here, and which are not
python -m sandbox serve [NAME] --socket PATH
                                  hand out sandboxes from processes that stand ready, for that environment at once
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sandbox.daemon import serve
from sandbox.environments import build, builds, find, missing
from sandbox.errors import SandboxFault, SandboxUnavailable, command_for
from sandbox.installing import MEGABYTE
from sandbox.jobs import Job
from sandbox.pool import IDLE_SECONDS, Place
from sandbox.probe import as_facts, can_isolate, probe
from sandbox.runner import run

FAILED, WRONG_USE, CANNOT_ISOLATE = 1, 2, 3


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", help="probe, build, environments, serve, or a job's file")
    parser.add_argument("name", nargs="?", help="the environment")
    parser.add_argument("--json", action="store_true", help="the layers as JSON")
    parser.add_argument(
        "--socket", type=Path, help="where to serve; who is to use it has it in SANDBOX_SOCKET"
    )
    parser.add_argument(
        "--memory-mb", type=float, help="for what stands ready; else a quarter of the machine's"
    )
    parser.add_argument(
        "--idle-seconds", type=float, default=IDLE_SECONDS, help="what nobody uses for so long goes"
    )
    asked = parser.parse_args(words)
    try:
        return _do(asked)
    except SandboxUnavailable as error:
        _complain(f"{error.sentence}\n  {error.cure}")
        return CANNOT_ISOLATE
    except SandboxFault as error:
        _complain(str(error))
        return FAILED
    except (OSError, ValueError) as error:
        _complain(f"{asked.what}: {error}")
        return WRONG_USE


def _do(asked: argparse.Namespace) -> int:
    if asked.what == "probe":
        return _probe(as_json=asked.json)
    if asked.what == "environments":
        return _environments()
    if asked.what == "build":
        build(asked.name or "base")
        return 0
    if asked.what == "serve":
        return _serve(asked)
    return _run_file(asked.what)


def _run_file(name: str) -> int:
    text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    _say(run(Job.from_json(text)).to_json())
    return 0


def _serve(asked: argparse.Namespace) -> int:
    if asked.socket is None:
        raise ValueError("--socket is missing.")
    places = [Place(str(find(asked.name).path), simulator=False)] if asked.name else []
    serve(asked.socket, memory_mb=asked.memory_mb, idle_seconds=asked.idle_seconds, places=places)
    return 0


def _probe(*, as_json: bool) -> int:
    layers = probe()
    if as_json:
        _say(json.dumps(as_facts(layers), indent=2))
    else:
        for layer in layers:
            _say(f"{'ok  ' if layer.holds else 'FAIL'} {layer.name}: {layer.found}")
            if layer.cure:
                _say(f"     {layer.cure}")
    return 0 if can_isolate(layers) else CANNOT_ISOLATE


def _environments() -> int:
    for built in builds():
        facts = built.environment
        note = "" if built.is_current else "  older"
        size = f"{built.size / MEGABYTE:7,.0f} MB"
        _say(f"{facts.name:<12} {facts.digest}  {size}  {built.built_at:%Y-%m-%d %H:%M} UTC{note}")
    for name in missing():
        _say(f"{name:<12} not built: {command_for(name)}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
