"""The sandbox from a command line, with no site.

python -m sandbox JOB.json        run a job (a file, or - for standard input), print its result as JSON
python -m sandbox probe [--json]  prove each layer of the isolation; status 3 when one does not hold
python -m sandbox build NAME      build an environment
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sandbox.environments import build
from sandbox.errors import SandboxFault, SandboxUnavailable
from sandbox.jobs import Job
from sandbox.probe import as_facts, can_isolate, probe
from sandbox.runner import run

FAILED, WRONG_USE, CANNOT_ISOLATE = 1, 2, 3


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", help="probe, build, or a job's file")
    parser.add_argument("name", nargs="?", help="the environment to build")
    parser.add_argument("--json", action="store_true", help="the layers as JSON")
    asked = parser.parse_args(words)
    try:
        if asked.what == "probe":
            return _probe(as_json=asked.json)
        if asked.what == "build":
            build(asked.name or "base")
            return 0
        return _run_file(asked.what)
    except SandboxUnavailable as error:
        _complain(f"{error.sentence}\n  {error.cure}")
        return CANNOT_ISOLATE
    except SandboxFault as error:
        _complain(str(error))
        return FAILED
    except (OSError, ValueError) as error:
        _complain(f"{asked.what}: {error}")
        return WRONG_USE


def _run_file(name: str) -> int:
    text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    _say(run(Job.from_json(text)).to_json())
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


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
