from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

import sandbox
from grading import modes, notebook
from grading.judging import Verdict, judge
from grading.models import GradingJob
from grading.nbgrader_adapter import AuthorError, release
from grading.plans import solved
from grading.splitting import Place, make_plan
from sandbox import environments

_REFUSALS = (AuthorError, notebook.NotebookRefused, sandbox.SandboxUnavailable, sandbox.SandboxFault, OSError)


class Command(BaseCommand):
    help = "Grade one nbgrader notebook in the sandbox, with no site and no database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", type=Path, required=True, help="the instructor's notebook")
        parser.add_argument("--submitted", type=Path, required=True, help="the learner's notebook")
        parser.add_argument(
            "--autotests",
            type=Path,
            help="templates of autotests; default: autotests.yml beside the source, else ours",
        )
        parser.add_argument("--environment", help="default: what the source names, else base")
        parser.add_argument(
            "--simulator",
            action="store_true",
            help="run numba's CUDA simulator, as the source may ask itself",
        )
        parser.add_argument(
            "--mode",
            choices=[GradingJob.Mode.SPLIT, GradingJob.Mode.SAME_PROCESS],
            help="default: what the source asks for, else split where it gives what one process gives",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on the last line")

    def handle(self, *args: Any, source: Path, submitted: Path, **options: Any) -> None:
        try:
            graded, verdicts = self._grade(source, submitted, options)
        except _REFUSALS as error:
            self._say({"status": "failed", "score": None, "error": str(error)}, as_json=options["json"])
            raise SystemExit(1) from error
        self._say(_report(verdicts, graded), as_json=options["json"])

    @staticmethod
    def _grade(source: Path, submitted: Path, options: dict[str, Any]) -> tuple[modes.Graded, list[Verdict]]:
        master = release(_read(source), autotests=_autotests(source, options["autotests"])).master
        settings = master["metadata"].get("lms") or {}
        with translation.override("en"):
            rebuilt = notebook.rebuild(notebook.parse(_read(submitted)), master).notebook
        environment = environments.find(options["environment"] or settings.get("environment") or "base")
        simulator = options["simulator"] or settings.get("simulator") is True
        limits = settings.get("limits") or {}
        place = Place(str(environment.path), simulator, limits)
        plan = make_plan(master, solved(master, _read(source)), place)
        graded = modes.run(rebuilt, plan, place, wish=options["mode"] or settings.get("mode") or "")
        return graded, modes.with_waiting(judge(rebuilt, graded.result), graded.waiting)

    def _say(self, report: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        elif report["status"] == "failed":
            self.stderr.write(report["error"])
        else:
            for test in report["tests"]:
                points = "  –" if test["points"] is None else f"{test['points']:g}"
                self.stdout.write(
                    f"{points:>5} / {test['max_points']:g}  {test['name']}  {test['message']}".rstrip()
                )
            self.stdout.write(
                f"score {report['score']:g} / {report['max_score']:g} ({report['status']}, {report['mode']})"
            )


def _autotests(source: Path, named: Path | None) -> str | None:
    path = named or source.with_name("autotests.yml")
    return _read(path).decode("utf-8") if named or path.is_file() else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise OSError(f"{path}: {error.strerror}") from error


def _report(verdicts: list[Verdict], graded: modes.Graded) -> dict[str, Any]:
    pending = any(verdict.points is None for verdict in verdicts)
    return {
        "score": sum(verdict.points or 0 for verdict in verdicts),
        "max_score": sum(verdict.max_points for verdict in verdicts),
        "status": "needs_manual" if pending else "graded",
        "mode": graded.mode,
        "assurance": "high" if graded.is_high else "low",
        "why": graded.why,
        "tests": [
            {
                "name": verdict.name,
                "points": verdict.points,
                "max_points": verdict.max_points,
                "message": verdict.message or verdict.reason,
            }
            for verdict in verdicts
        ],
    }
