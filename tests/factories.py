"""Rows for tests: the smallest real ones."""

from __future__ import annotations

import base64
import datetime
import json
import uuid
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP

from courses.drafts import CourseDraft, ModuleDraft, UnitDraft
from courses.models import Course, CourseRole, CourseRun, CourseVersion, Enrollment, Unit
from courses.services import import_course
from grading import notebook
from grading.bundles import Bundle
from grading.kinds import ExerciseDraft
from grading.models import Exercise, Submission
from grading.nbgrader_adapter import release
from grading.services.submitting import submit_attempt
from people.models import OrganizationUnit, Person, Role, User
from people.services.employments import hire, leave_company
from people.services.people import create_person
from people.services.roles import give_role
from records import artifacts

_numbers = count(1)


def affiliate(code: str = "electronics") -> OrganizationUnit:
    group, _ = OrganizationUnit.objects.get_or_create(
        code="group", defaults={"kind": OrganizationUnit.Kind.GROUP, "name": {"en": "Group", "ko": "그룹"}}
    )
    unit, _ = OrganizationUnit.objects.get_or_create(
        code=code,
        defaults={"kind": OrganizationUnit.Kind.AFFILIATE, "parent": group, "name": {"en": code.title()}},
    )
    return unit


def person(name: str = "", *, at: OrganizationUnit | None = None, manager: Person | None = None) -> Person:
    name = name or f"person{next(_numbers)}"
    created = create_person(name={"en": name.title(), "ko": name}, email=f"{name}@example.com", by=None)
    created.user.username = name
    created.user.set_password("secret")
    created.user.save(update_fields=["username", "password"])
    hire(created, unit=at or affiliate(), on=datetime.date(2025, 1, 1), manager=manager, by=None)
    return Person.objects.select_related("user").get(pk=created.pk)


def planned_leaver(*, at: OrganizationUnit) -> Person:
    """Somebody whose last day is tomorrow."""
    leaver = person(at=at)
    leave_company(leaver, on=at.today() + datetime.timedelta(days=1), by=None)
    return Person.objects.get(pk=leaver.pk)


def partner(name: str = "", *, of: OrganizationUnit | None = None) -> Person:
    """Somebody from outside, invited by an affiliate."""
    name = name or f"partner{next(_numbers)}"
    created = create_person(
        name={"en": name.title()},
        email=f"{name}@example.com",
        kind="partner",
        affiliate=of or affiliate(),
        by=None,
    )
    created.user.set_password("secret")
    created.user.save(update_fields=["password"])
    return created


def second_factor(user: User) -> str:
    """An authenticator app; returns its secret. Whoever holds a role gets no further without one."""
    secret = base64.b32encode(b"a secret of 20 bytes").decode()
    TOTP.activate(user, secret)
    return secret


def admin(kind: str = Role.Kind.TRAINING_ADMIN, *, at: OrganizationUnit | None = None) -> Person:
    """A training admin of `at`, or a group admin or operator; with a second factor."""
    home = at or affiliate()
    holder = person(at=home)
    unit = home if kind == Role.Kind.TRAINING_ADMIN else OrganizationUnit.objects.get(code="group")
    give_role(holder, kind=kind, unit=unit, by=None)
    second_factor(holder.user)
    return holder


def code_cell(source: str, grade_id: str = "", **flags: Any) -> notebook.Cell:
    """A code cell; with a grade_id also nbgrader's metadata (grade, solution, locked, points)."""
    metadata: dict[str, Any] = {}
    if grade_id:
        metadata["nbgrader"] = {
            "schema_version": 3,
            "grade_id": grade_id,
            "grade": False,
            "solution": False,
            "locked": False,
            "task": False,
        } | flags
    return {
        "cell_type": "code",
        "id": grade_id or f"cell-{next(_numbers)}",
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def solution(grade_id: str, body: str = "    return a + b", head: str = "def add(a, b):") -> notebook.Cell:
    return code_cell(f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION", grade_id, solution=True)


def test_cell(grade_id: str, source: str, points: float) -> notebook.Cell:
    return code_cell(source, grade_id, grade=True, locked=True, points=points)


test_cell.__test__ = False  # type: ignore[attr-defined]  # pytest: a factory, not a test


def essay(grade_id: str, points: float) -> notebook.Cell:
    """A Markdown answer that a person grades."""
    cell = code_cell("", grade_id, grade=True, solution=True, points=points)
    del cell["outputs"], cell["execution_count"]
    return cell | {"cell_type": "markdown", "source": "### BEGIN SOLUTION\nBecause.\n### END SOLUTION"}


def source_notebook(*cells: notebook.Cell, **lms: Any) -> notebook.Notebook:
    return {
        "cells": list(cells),
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "lms": {
                "kind": "notebook",
                "key": "adding",
                "title": "Adding",
                "minutes": 5,
                "environment": "base",
            }
            | lms,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def adding(**lms: Any) -> notebook.Notebook:
    """Two tests (2 points visible, 3 hidden) and an essay of 5 points."""
    hidden = "### BEGIN HIDDEN TESTS\nassert add(-1, 1) == 0, 'secret'\n### END HIDDEN TESTS"
    return source_notebook(
        code_cell("import math"),
        solution("add"),
        test_cell("test-add", "assert add(1, 2) == 3, 'one and two make three'", 2),
        test_cell("test-add-hidden", f"assert callable(add)\n{hidden}", 3),
        essay("why", 5),
        **lms,
    )


def answered(source: notebook.Notebook, **answers: str) -> bytes:
    """A learner's file: the released notebook with these answers by grade_id (`_` for `-`)."""
    released = release(notebook.dump(source)).released
    return notebook.dump(
        notebook.with_answers(released, {name.replace("_", "-"): text for name, text in answers.items()})
    )


def course(
    source: notebook.Notebook | None = None, *, slug: str = "adding-up", lessons: int = 1
) -> CourseRun:
    """A published course open to the whole group: lessons, then one notebook; returns its run."""
    draft = course_draft(source, slug=slug, lessons=lessons)
    version, _is_new = import_course(draft, owner=affiliate(), by=None)
    version.course.open_to.add(OrganizationUnit.objects.get(code="group"))
    return CourseRun.objects.get(course=version.course)


def course_draft(
    source: notebook.Notebook | None = None, *, slug: str = "adding-up", lessons: int = 1
) -> CourseDraft:
    units = [
        UnitDraft(
            key=f"lesson-{number}",
            kind="reading",
            title={"en": f"Lesson {number}"},
            minutes=5,
            content={"body": {"en": "## Read\n\n$a+b$"}},
            private={},
        )
        for number in range(1, lessons + 1)
    ]
    units.append(_notebook_unit(source or adding()))
    return CourseDraft(
        slug=slug,
        title={"en": "Adding up", "ko": "더하기"},
        summary={"en": "How to add."},
        outcomes=({"en": "Add."},),
        languages=("en",),
        level="beginner",
        hours=1,
        skills=("adding",),
        modules=(ModuleDraft(title={"en": "Module"}, units=tuple(units)),),
        content_hash=uuid.uuid4().hex,
    )


def program_in(version: CourseVersion, *, key: str = "total") -> Exercise:
    """A checked program as one more unit of a version, without a check that anybody could run."""
    module = version.modules.get()
    unit = Unit.objects.create(
        version=version,
        module=module,
        position=module.units.count() + 1,
        key=key,
        kind="checked",
        title={"en": "The total"},
        minutes=5,
        content={"statement": {"en": "Add the numbers."}},
    )
    return Exercise.objects.create(
        unit=unit,
        kind=Exercise.Kind.CHECKED,
        max_points=4,
        environment="base",
        feedback={"before": "all", "after": "all"},
        **{
            f"{role}_sha256": artifacts.store(Bundle("program.py", {"program.py": f"x = '{role}'\n"}).dump())
            for role in ("source", "master", "released")
        },
    )


def _notebook_unit(source: notebook.Notebook) -> UnitDraft:
    made = release(notebook.dump(source))
    lms = source["metadata"]["lms"]
    facts = {
        "max_points": made.max_points,
        "cutoff": lms.get("cutoff", 60),
        "max_attempts": lms.get("max_attempts"),
        "environment": lms["environment"],
        "limits": lms.get("limits", {}),
        "messages": {"en": lms.get("messages", {})},
    }
    private = ExerciseDraft(
        source=notebook.dump(source), master=made.master, released=made.released, facts=facts
    )
    return UnitDraft(
        key=lms["key"], kind="notebook", title={"en": lms["title"]}, minutes=lms["minutes"], private=private
    )


def enrollment(run: CourseRun, who: Person | None = None) -> Enrollment:
    return Enrollment.objects.create(person=who or person(), run=run)


def instructor(run: CourseRun, *, at: OrganizationUnit | None = None) -> Person:
    teacher = person(at=at)
    CourseRole.objects.create(person=teacher, kind=CourseRole.Kind.INSTRUCTOR, course=run.course)
    return teacher


def exercise_of(run: CourseRun) -> Exercise:
    """The run's notebook."""
    notebooks = Exercise.objects.filter(kind=Exercise.Kind.NOTEBOOK).select_related("unit__version")
    return notebooks.get(unit__version=run.version)


def submit(taken: Enrollment, data: bytes, key: uuid.UUID | None = None) -> Submission:
    return submit_attempt(
        exercise_of(taken.run),
        enrollment=taken,
        data=data,
        idempotency_key=key or uuid.uuid4(),
        by=taken.person.user,
    )


def unit_keys(course: Course) -> Sequence[str]:
    return [unit.key for unit in Unit.objects.filter(version__course=course)]


def write_notebook(path: Path, source: notebook.Notebook) -> Path:
    path.write_text(json.dumps(source))
    return path
