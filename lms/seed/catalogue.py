"""The catalogue beside the sample course: short courses to read, each published on its own day of the last year."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from courses.models import Course, CourseRole, CourseRun, CourseVersion, Module, Unit
from courses.reading import Reading
from lms.seed.ledger import Ledger
from lms.seed.workforce import Workforce
from people.models import OrganizationUnit, Person

_FILE = Path(__file__).with_name("catalogue.yaml")
# These ran once with an end before they opened for good.
_COHORTS = {"time-series-and-demand", "visual-inspection-with-deep-learning", "fraud-and-rare-events"}


@dataclass(frozen=True)
class Taught:
    """A run with what its learners go through."""

    run: CourseRun
    units: Sequence[Unit]


def plans() -> list[dict[str, Any]]:
    """The courses as the file has them; each unit: key, minutes, title and text in English and Korean."""
    found: list[dict[str, Any]] = YAML(typ="safe").load(_FILE)
    return found


def seed_catalogue(ledger: Ledger, workforce: Workforce) -> list[Taught]:
    """Courses that the site lacks, with their runs and who teaches them."""
    present = set(Course.objects.values_list("slug", flat=True))
    group = OrganizationUnit.objects.get(kind=OrganizationUnit.Kind.GROUP)
    teachers = [
        worker.person for worker in workforce.workers if worker.family in {"data", "software", "engineering"}
    ]
    taught: list[Taught] = []
    for plan in plans():
        if plan["slug"] in present:
            continue
        taught += _course(ledger, workforce, plan, group, ledger.dice.sample(teachers, 2))
    return taught


def _course(
    ledger: Ledger,
    workforce: Workforce,
    plan: dict[str, Any],
    group: OrganizationUnit,
    teachers: Sequence[Person],
) -> list[Taught]:
    at = ledger.hour((ledger.now - datetime.timedelta(days=plan["published"])).date())
    facts = {
        name: plan[name] for name in ("slug", "title", "summary", "outcomes", "level", "hours", "skills")
    }
    owner = workforce.units[plan["owner"]]
    course = ledger.add(Course(owner=owner, languages=["en", "ko"], **facts), at)
    ledger.add_plain(Course.open_to.through(course=course, organizationunit=group))
    version = CourseVersion(
        course=course,
        number=1,
        content_hash=hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest(),
        status=CourseVersion.Status.PUBLISHED,
        published_at=at,
    )
    ledger.add(version, at)
    by = workforce.admins[plan["owner"]]
    ledger.audit("course.publish", version, at=at, by=by, after={"slug": course.slug, "number": 1})
    module = Module(version=version, position=1, title={"en": "Lessons", "ko": "강의"})
    ledger.add(module, at)
    units = [_unit(ledger, module, position, row, at) for position, row in enumerate(plan["units"], start=1)]
    kinds = (CourseRole.Kind.INSTRUCTOR, CourseRole.Kind.ASSISTANT)
    for person, kind in zip(teachers, kinds[: 1 + (plan["hours"] > 2)], strict=False):  # noqa: PLR2004 - long ones
        ledger.add(CourseRole(person=person, kind=kind, course=course), at)
    runs = [CourseRun(course=course, version=version, opens_at=at)]
    if plan["slug"] in _COHORTS:
        end = at + datetime.timedelta(days=70)
        runs = [
            CourseRun(course=course, version=version, opens_at=at, closes_at=end),
            CourseRun(course=course, version=version, opens_at=end),
        ]
    return [Taught(ledger.add(run, at), units) for run in runs]


def _unit(ledger: Ledger, module: Module, position: int, row: Sequence[Any], at: datetime.datetime) -> Unit:
    key, minutes, title, title_ko, body, body_ko = row
    unit = Unit(
        version=module.version,
        module=module,
        position=position,
        key=key,
        kind=Reading.name,
        title={"en": title, "ko": title_ko},
        minutes=minutes,
        content={"body": {"en": body, "ko": body_ko}, "images": {}},
    )
    return ledger.add(unit, at)
