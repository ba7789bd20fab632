"""A course with one checked exercise, and attempts at it in the real sandbox."""

from __future__ import annotations

import tempfile
import textwrap
import uuid
from collections.abc import Mapping
from pathlib import Path

from courses.files import read_course
from courses.models import CourseRun, Enrollment
from courses.services import import_course
from grading import queue, work
from grading.models import Exercise, Submission
from grading.services.finishing import finish_job
from grading.services.submitting import submit_program
from people.models import OrganizationUnit
from tests.factories import affiliate, enrollment

COURSE = (
    "slug: programs\ntitle: {en: P, ko: ㅍ}\nsummary: {en: P, ko: ㅍ}\noutcomes: []\nlanguages: [en, ko]\n"
    "level: beginner\nhours: 1\nskills: []\n"
)
SETTINGS = (
    "kind: checked\nkey: total\ntitle: {en: The total, ko: 합계}\nminutes: 5\npoints: 4\nenvironment: base\n"
)
SOLUTION = "def total(numbers):\n    return sum(numbers)\n"
STARTER = "def total(numbers):\n    raise NotImplementedError\n"
CHECK = textwrap.dedent(
    """
    from checks import case
    from solution import total

    @case("Random lists", points=3, repeat=5, hint={"en": "Add them up.", "ko": "더해 보세요."}, seconds=2)
    def lists(program, random):
        numbers = random.integers(random.randint(1, 6))
        program.call("total", numbers).equals(total(numbers))

    @case("Nothing", points=1, hidden=True, hint="What is the sum of nothing?", seconds=2)
    def nothing(program, random):
        program.call("total", []).equals(0)
    """
)


def folder(
    root: Path, *, check: str = CHECK, settings: str = SETTINGS, files: Mapping[str, str] | None = None
) -> Path:
    """A course folder with one module that holds the exercise; `files` are further ones of its folder."""
    exercise = root / "01-module" / "01-total"
    exercise.mkdir(parents=True)
    (root / "course.yaml").write_text(COURSE)
    (root / "01-module" / "module.yaml").write_text("title: {en: M, ko: ㅁ}\n")
    written = {
        "exercise.yaml": settings,
        "statement.md": "Add the numbers.\n",
        "statement.ko.md": "수를 더하세요.\n",
        "starter.py": STARTER,
        "solution.py": SOLUTION,
        "check.py": check,
        **(files or {}),
    }
    for name, text in written.items():
        path = exercise / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return root


def taken(*, check: str = CHECK, settings: str = SETTINGS) -> Enrollment:
    """Somebody who takes a course that is this exercise."""
    with tempfile.TemporaryDirectory() as root:
        draft = read_course(folder(Path(root), check=check, settings=settings))
    version, _is_new = import_course(draft, owner=affiliate(), by=None)
    version.course.open_to.add(OrganizationUnit.objects.get(code="group"))
    return enrollment(CourseRun.objects.select_related("course", "version").get(course=version.course))


def hand_in(enrolled: Enrollment, program: str) -> Submission:
    exercise = Exercise.objects.select_related("unit").get(unit__version=enrolled.run.version)
    return submit_program(
        exercise,
        enrollment=enrolled,
        files={"program.py": program},
        idempotency_key=uuid.uuid4(),
        by=enrolled.person.user,
    )


def graded(enrolled: Enrollment, program: str) -> Submission:
    """Submit, run in the real sandboxes and finish, as the worker does."""
    submission = hand_in(enrolled, program)
    job = queue.claim("cpu")
    assert job is not None
    work.work_on(job)
    finish_job(str(job.pk))
    return Submission.objects.select_related("job", "exercise").get(pk=submission.pk)
