"""`python -m tests.record_attempts`: run the sample group's attempts in the sandbox and keep what it says."""

from __future__ import annotations

import json
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
django.setup()

import sandbox  # noqa: E402 - models need a configured Django
from courses.files import read_course  # noqa: E402
from courses.models import Unit  # noqa: E402
from grading import checked  # noqa: E402
from grading.checked_kind import CheckedDraft  # noqa: E402
from grading.kinds import ExerciseDraft  # noqa: E402
from grading.models import Exercise, Submission  # noqa: E402
from grading.notebook import dump  # noqa: E402
from grading.splitting import Place, job_for  # noqa: E402
from lms.places import BASE_DIR  # noqa: E402
from lms.seed.answers import ATTEMPTS, RECORDED, handed_in, program, rebuilt  # noqa: E402
from lms.smoke import COURSE  # noqa: E402
from records import artifacts  # noqa: E402
from sandbox import environments  # noqa: E402


def result_of(exercise: Exercise, name: str) -> dict[str, object]:
    """What the sandbox says of an attempt, as a grading job keeps it."""
    if exercise.kind == Exercise.Kind.CHECKED:
        return checked_result_of(exercise, name)
    built = rebuilt(exercise, handed_in(exercise, ATTEMPTS[exercise.unit.key][name]))
    environment = str(environments.find(exercise.environment).path)
    job = job_for(built.notebook, Place(environment, exercise.simulator, exercise.limits))
    kept: dict[str, object] = json.loads(sandbox.run(job).to_json())
    return kept


def checked_result_of(exercise: Exercise, name: str) -> dict[str, object]:
    sha256 = artifacts.store(program(exercise, name).dump())
    submission = Submission(exercise=exercise, artifact_sha256=sha256)
    environment = str(environments.find(exercise.environment).path)
    return checked.run(submission, environment, on_event=lambda _event: None)


def _exercises() -> dict[str, Exercise]:
    """The sample course's exercises as rows that no database has."""
    draft = read_course(BASE_DIR / "courses" / "samples" / COURSE)
    found = {}
    for unit in (unit for module in draft.modules for unit in module.units):
        if isinstance(unit.private, ExerciseDraft):
            found[unit.key] = Exercise(
                unit=Unit(key=unit.key),
                master_sha256=artifacts.store(dump(unit.private.master)),
                released_sha256=artifacts.store(dump(unit.private.released)),
                **unit.private.facts,
            )
        elif isinstance(unit.private, CheckedDraft):
            found[unit.key] = Exercise(
                unit=Unit(key=unit.key),
                kind=Exercise.Kind.CHECKED,
                source_sha256=artifacts.store(unit.private.solution.dump()),
                master_sha256=artifacts.store(unit.private.check.dump()),
                released_sha256=artifacts.store(unit.private.starter.dump()),
                **unit.private.facts,
            )
    return found


def main() -> None:
    exercises = _exercises()
    kept = {
        key: {name: result_of(exercises[key], name) for name in attempts}
        for key, attempts in ATTEMPTS.items()
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1) + "\n"
    for exercise in exercises.values():  # tracebacks name the folder in which this machine keeps its builds
        text = text.replace(str(environments.find(exercise.environment).path), "/environment")
    RECORDED.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
