"""Grades a notebook in two processes: the learner's cells run in one, the author's tests in the other.

A `Plan` says which cell runs where. It is made from a reference run of the author's own solution, and proven: on the
solution and on the starter, every test must come out as it does in one process. Where it does not, the notebook is
graded in one process, and the plan says which cell it was and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import sandbox
from grading import analysis
from grading.notebook import Cell, Notebook, grade_id, is_answer, is_graded
from sandbox import CellResult, Job, Limits, Result

VERSION = 1  # of what a plan says; raise it when plans must be made anew
NOTES = "application/vnd.maru.split+json"
CANNOT = "CannotCross"
Side = Literal["learner", "checker", "both"]
Mode = Literal["split", "same_process"]
Listener = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Reason:
    """Why a grade, or a notebook, is not trusted as far as it could be. `code` is one of `grading.notices`."""

    code: str
    cell: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Step:
    """One code cell of the MASTER. `sites`, `mutated`: where the solution had objects, and what it changed in place.

    `proven`: the solution passes it. What its tests do with a right answer is else unknown.
    """

    side: Side
    sets: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    mutated: tuple[str, ...] = ()
    proven: bool = True


def _step_from(facts: Mapping[str, Any]) -> Step:
    lists = {key: tuple(facts[key]) for key in ("sets", "sites", "mutated")}
    return Step(side=facts["side"], proven=facts["proven"], **lists)


@dataclass(frozen=True)
class Plan:
    mode: Mode
    steps: tuple[Step, ...] = ()
    reads: tuple[str, ...] = ()
    random: bool = True
    files: bool = True
    why: tuple[Reason, ...] = ()
    environment: str = ""
    version: int = VERSION

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Plan:
        steps = [_step_from(step) for step in facts["steps"]]
        why = tuple(Reason(**reason) for reason in facts["why"])
        return cls(**{**facts, "steps": tuple(steps), "reads": tuple(facts["reads"]), "why": why})


@dataclass(frozen=True)
class Place:
    """Where and how everything runs."""

    environment: str
    simulator: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)
    on_event: Listener | None = None


@dataclass(frozen=True)
class Outcome:
    """What a notebook did in two processes, as if it had been one. `cannot`: what did not cross, by cell."""

    result: Result
    low: tuple[Reason, ...] = ()
    cannot: tuple[Reason, ...] = ()
    notes: tuple[dict[str, Any], ...] = ()


def code_cells(notebook: Notebook) -> list[Cell]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def is_test(cell: Cell) -> bool:
    return is_graded(cell) and not is_answer(cell)


# --- making a plan


def make_plan(master: Notebook, solution: Notebook, place: Place) -> Plan:
    """`solution` is the MASTER with the author's own answers. Runs it, and the MASTER, in one process and in two."""
    cells = code_cells(solution)
    draft = _draft(cells)
    for cell, step in zip(cells, draft.steps, strict=True):
        if step.side == "checker" and (what := analysis.runs_code(cell["source"])):
            return replace(draft, mode="same_process", why=(Reason("runs_code", grade_id(cell), what),))
    expected = _in_one_process(solution, place)
    learned = run_split(solution, draft, place, learning=True)
    if why := _differences(cells, expected, learned):
        return replace(draft, mode="same_process", why=why)
    plan = _learned(draft, learned)
    for notebook, alone in ((solution, expected), (master, _in_one_process(master, place))):
        if why := _differences(code_cells(notebook), alone, run_split(notebook, plan, place)):
            return replace(plan, mode="same_process", why=why)
    return plan


def made_for(environment_digest: str, plan: Plan) -> Plan:
    """Another build of the environment may behave otherwise: it gets a plan of its own."""
    return replace(plan, environment=environment_digest)


def job_for(notebook: Notebook, place: Place) -> Job:
    """The job that runs every code cell in one process, in order."""
    sources = tuple(cell["source"] for cell in code_cells(notebook))
    return Job(place.environment, sources, simulator=place.simulator, limits=Limits(**place.limits))


def _in_one_process(notebook: Notebook, place: Place) -> Result:
    return sandbox.run(job_for(notebook, place), on_event=place.on_event)


def _draft(cells: Sequence[Cell]) -> Plan:
    steps: list[Step] = []
    owned: set[str] = set()  # by the learner
    tested: set[str] = set()  # set by the cells of the checker
    reads: set[str] = set()
    for cell in cells:
        source = cell["source"]
        side = _side(cell, owned)
        sets = analysis.assigned(source)
        if side == "learner":
            owned |= sets
            reads |= analysis.read_at_once(source) & tested
        if side != "checker":
            reads |= analysis.read_by_functions(source)
        if side != "learner":
            tested |= sets
        steps.append(Step(side, tuple(sorted(sets)) if side == "learner" else ()))
    return Plan("split", tuple(steps), tuple(sorted(reads)))


def _side(cell: Cell, owned: set[str]) -> Side:
    if is_test(cell):
        return "checker"
    if is_answer(cell):
        return "learner"
    calls_the_learner = analysis.read_at_once(cell["source"]) & owned
    return "learner" if calls_the_learner and not analysis.defines(cell["source"]) else "both"


def _learned(draft: Plan, outcome: Outcome) -> Plan:
    """The draft with what the reference run showed."""
    last = outcome.notes[-1] if outcome.notes else {}
    of_checker = iter(outcome.notes)
    seen = last.get("sets", [])
    steps = []
    for number, step in enumerate(draft.steps):
        notes = next(of_checker, {}) if step.side != "learner" else {}
        sets = {*step.sets, *(seen[number] if number < len(seen) and step.side == "learner" else ())}
        sites, mutated = (tuple(notes.get(key, ())) for key in ("sites", "mutated"))
        is_proven = outcome.result.cells[number].status == "ok"
        steps.append(Step(step.side, tuple(sorted(sets)), sites, mutated, is_proven))
    return replace(
        draft, steps=tuple(steps), random=bool(last.get("random", True)), files=bool(last.get("files", True))
    )


def _differences(cells: Sequence[Cell], alone: Result, outcome: Outcome) -> tuple[Reason, ...]:
    if outcome.cannot:
        return outcome.cannot
    found = []
    for cell, one, two in zip(cells, alone.cells, outcome.result.cells, strict=True):
        if is_test(cell) and _verdict(one) != _verdict(two):
            found.append(Reason("differs", grade_id(cell), _difference(two)))
    return tuple(found[:20])


def _verdict(run: CellResult) -> tuple[object, ...]:
    """All that decides about points: see `judging`."""
    shown = [o["data"].get("text/plain", "") for o in run.outputs if o["output_type"] == "execute_result"]
    warned = any(
        o["output_type"] == "stream" and o.get("name") == "stderr" and o["text"] for o in run.outputs
    )
    return run.status == "ok", warned, shown[:1] if run.status == "ok" else []


def _difference(run: CellResult) -> str:
    for output in run.outputs:
        if output["output_type"] == "error":
            return f"{output['ename']}: {output['evalue']}"[:300]
    return run.status


# --- running one


def run_split(notebook: Notebook, plan: Plan, place: Place, *, learning: bool = False) -> Outcome:
    """Run the cells of a rebuilt notebook in two sandboxes. Raises SandboxUnavailable and SandboxFault."""
    cells = code_cells(notebook)
    steps = _steps_of(cells, plan)
    mine = [number for number, step in enumerate(steps) if step.side != "checker"]
    theirs = [number for number, step in enumerate(steps) if step.side != "learner"]
    settings = {"reads": plan.reads, "random": plan.random, "files": plan.files, "learning": learning}
    shared = Job(place.environment, (), simulator=place.simulator, limits=Limits(**place.limits))
    learner = replace(shared, program="learner", cells=_sources(cells, mine), settings=settings)
    told = {**settings, "steps": [asdict(step) for step in steps]}
    checker = replace(shared, program="checker", cells=_sources(cells, theirs), settings=told)
    listener = _translated(place.on_event, (mine, theirs), steps) if place.on_event else None
    first, second = sandbox.run_pair(learner, checker, on_event=listener)
    return _merged(cells, steps, (first, mine), (second, theirs))


def _sources(cells: Sequence[Cell], numbers: Sequence[int]) -> tuple[str, ...]:
    return tuple(cells[number]["source"] for number in numbers)


def _steps_of(cells: Sequence[Cell], plan: Plan) -> list[Step]:
    """A step for each cell; those that the learner added (`notebook.rebuild` gives them no metadata) are theirs."""
    planned = iter(plan.steps)
    return [Step("learner") if cell["metadata"].get("extra") else next(planned) for cell in cells]


def _translated(tell: Listener, places: tuple[list[int], list[int]], steps: Sequence[Step]) -> Listener:
    """The events of both as those of one notebook; of a cell that both run, the learner's."""

    def hear(event: dict[str, Any]) -> None:
        side = event["side"]
        if "index" not in event:
            tell(event)
            return
        number = places[side][event["index"]]
        if side == 0 or steps[number].side == "checker":
            tell({**event, "index": number, **({"of": len(steps)} if "of" in event else {})})

    return hear


def _merged(
    cells: Sequence[Cell],
    steps: Sequence[Step],
    mine: tuple[Result, list[int]],
    theirs: tuple[Result, list[int]],
) -> Outcome:
    runs: dict[int, CellResult] = {}
    notes: list[dict[str, Any]] = []
    low: list[Reason] = []
    cannot: list[Reason] = []
    for number, run in zip(mine[1], mine[0].cells, strict=True):
        runs[number] = replace(run, index=number)
    for number, run in zip(theirs[1], theirs[0].cells, strict=True):
        told = _notes(run)
        notes.append(told)
        name = grade_id(cells[number])
        cannot += [Reason("cannot_cross", name, text) for text in told.get("cannot", ())][:1]
        if steps[number].side == "checker":
            runs[number] = replace(run, index=number, outputs=tuple(_without_notes(run.outputs)))
            low += _low(name, told)
    if theirs[0].status in {"died", "memory"} and mine[0].status == "done":
        cannot.append(Reason("checker_ended", "", theirs[0].detail))
    return Outcome(_result(runs, mine[0], theirs[0]), tuple(low), tuple(cannot), tuple(notes))


def _result(runs: Mapping[int, CellResult], first: Result, second: Result) -> Result:
    """The learner's end counts before the checker's: it ends by its partner's."""
    worse = first if first.status != "done" else second
    return Result(
        worse.status,
        tuple(runs[number] for number in sorted(runs)),
        max(first.seconds, second.seconds),
        round(first.peak_memory_mb + second.peak_memory_mb, 1),
        worse.detail,
        first.start,
    )


def _notes(run: CellResult) -> dict[str, Any]:
    for output in run.outputs:
        if output["output_type"] == "display_data" and isinstance(output["data"].get(NOTES), dict):
            notes: dict[str, Any] = output["data"][NOTES]
            return notes
    return {}


def _without_notes(outputs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [output for output in outputs if NOTES not in output.get("data", {})]


def _low(name: str, told: Mapping[str, Any]) -> list[Reason]:
    found = []
    if told.get("decided"):
        found.append(Reason("compared", name, told["decided"][0]))
    if told.get("drew"):
        found.append(Reason("random", name))
    return found
