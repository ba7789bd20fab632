"""A group as large as the real one, to measure on: up to 200,000 people in 60 affiliates, and what they learn.

Everything follows from a row's number: ids too. So a step knows the rows of earlier ones without asking, and
the work goes on where it was interrupted. Rows go in by COPY through the database's own triggers and checks:
switching those off takes a superuser, whom a hosted PostgreSQL does not give.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from courses.models import Course, CourseRun, CourseVersion, Enrollment, Module, Unit, UnitCompletion
from courses.reading import Reading
from lms.seed.catalogue import plans
from lms.seed.names import numbered
from lms.seed.organization import GROUP
from lms.seed.rows import copy
from people.models import (
    EmployeeNumber,
    Employment,
    JobFamily,
    JobRole,
    OrganizationUnit,
    Person,
    SearchTerm,
    User,
)
from people.names import search_terms, sort_key
from records.longjobs import LongWork
from records.models import AuditEvent

KIND = "seed_scale"
_EPOCH_MS = 1_735_689_600_000  # 2025-01-01; an id's own second is its number behind it
_AT_ONCE = 5_000
_DIVISIONS, _TEAMS = 8, 64
_LEADERS = 1 + _DIVISIONS + _TEAMS
_UNITS = 4
_STARTED = datetime.date(2020, 3, 2)
Kind = OrganizationUnit.Kind


def code_of(affiliate: int) -> str:
    return f"scale-{affiliate + 1:02d}"


def row_id(table: int, number: int) -> uuid.UUID:
    return uuid.UUID(int=(_EPOCH_MS + number) << 80 | 7 << 76 | table << 64 | 2 << 62 | number)


_UNIT, _USER, _PERSON, _COURSE, _VERSION, _MODULE, _LESSON, _RUN, _ENROLLMENT = range(1, 10)


@dataclass(frozen=True)
class Plan:
    people: int
    affiliates: int
    courses: int

    def block(self, affiliate: int) -> range:
        """The numbers of the people of an affiliate; its leaders first."""
        return range(
            -(-affiliate * self.people // self.affiliates),
            -(-(affiliate + 1) * self.people // self.affiliates),
        )

    def place(self, number: int) -> tuple[int, int]:
        """A person's affiliate and place in it."""
        affiliate = number * self.affiliates // self.people
        return affiliate, number - self.block(affiliate).start


def fill(work: LongWork) -> None:
    """Run by a long job; each step is one transaction with its checkpoint, the number of steps done."""
    plan = Plan(**work.params)
    steps = list(_steps(plan))
    total = sum(size for size, _note, _write in steps)
    done, first = 0, work.checkpoint or 0
    for number, (size, note, write) in enumerate(steps):
        done += size
        if number >= first:
            with transaction.atomic():
                write()
                work.progress(done, total, note, checkpoint=number + 1)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


_Step = tuple[int, str, Callable[[], None]]


def _steps(plan: Plan) -> Iterator[_Step]:
    yield plan.affiliates, "units", lambda: _tree(plan)
    yield plan.courses, "courses", lambda: _courses(plan)
    for start in range(0, plan.people, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, plan.people))
        yield len(numbers), "people", lambda numbers=numbers: _people(plan, numbers)  # type: ignore[misc]
    for start in range(0, plan.people, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, plan.people))
        yield len(numbers), "learning", lambda numbers=numbers: _learning(plan, numbers)  # type: ignore[misc]


def _tree(plan: Plan) -> None:
    family, _ = JobFamily.objects.get_or_create(
        code="data", defaults={"name": {"en": "Data and AI", "ko": "데이터·AI"}}
    )
    role_name = {"en": "Data analyst", "ko": "데이터 분석가"}
    JobRole.objects.get_or_create(code="data-analyst", defaults={"family": family, "name": role_name})
    group = OrganizationUnit.objects.filter(kind=Kind.GROUP).first() or OrganizationUnit.objects.create(
        kind=Kind.GROUP, code=GROUP, name={"en": "Maru Group", "ko": "마루그룹"}
    )
    names = ("id", "kind", "parent_id", "code", "name")
    numbers = range(plan.affiliates)
    copy(OrganizationUnit, names, (
        (_unit(number, 0), Kind.AFFILIATE.value, group.pk, code_of(number),
         Jsonb({"en": f"Affiliate {number + 1}", "ko": f"계열사 {number + 1}"}))
        for number in numbers
    ))  # fmt: skip
    for first, last, parent in ((1, 1 + _DIVISIONS, lambda _place: 0), (1 + _DIVISIONS, _LEADERS, _above)):
        copy(OrganizationUnit, names, (
            (_unit(number, place), Kind.DEPARTMENT.value, _unit(number, parent(place)), f"{code_of(number)}-{place}",
             Jsonb({"en": f"Unit {place}", "ko": f"{place}팀"}))
            for number in numbers for place in range(first, last)
        ))  # fmt: skip


def _unit(affiliate: int, place: int) -> uuid.UUID:
    return row_id(_UNIT, affiliate * _LEADERS + place)


def _above(place: int) -> int:
    """Whom the holder of a place reports to: chief executive 0, division heads, team leads, and the others."""
    if place < 1 + _DIVISIONS:
        return 0
    if place < _LEADERS:
        return 1 + (place - 1 - _DIVISIONS) % _DIVISIONS
    return 1 + _DIVISIONS + place % _TEAMS


def _home(place: int) -> int:
    return place if place < _LEADERS else _above(place)


def _people(plan: Plan, numbers: range) -> None:
    job_role = JobRole.objects.get(code="data-analyst").pk
    users, people, jobs, numbers_held, terms, events = [], [], [], [], [], []
    for number in numbers:
        affiliate, place = plan.place(number)
        user, person, home = row_id(_USER, number), row_id(_PERSON, number), _unit(affiliate, _home(place))
        name, code = numbered(number), code_of(affiliate)
        manager = row_id(_PERSON, plan.block(affiliate).start + _above(place)) if place else None
        mail, staff_number = (
            f"{'.'.join(name['en'].lower().split())}.{number}@{code}.example",
            f"2020{place:05d}",
        )
        users.append((user, str(user), mail, "!"))
        people.append(
            (
                person,
                user,
                Jsonb(name),
                Person.Status.ACTIVE.value,
                home,
                _unit(affiliate, 0),
                manager,
                job_role,
                sort_key(name),
            )
        )
        jobs.append((row_id(_PERSON, number), person, home, manager, job_role, _STARTED))
        numbers_held.append((row_id(_PERSON, number), person, _unit(affiliate, 0), staff_number))
        terms += [(person, term) for term in sorted(search_terms(name, mail, staff_number))]
        after = {"name": name, "email": mail, "kind": "employee"}
        events.append((row_id(_PERSON, number), "person.create", "people.Person", person, user, Jsonb(after)))
    copy(User, ("id", "username", "email", "password"), users)
    copy(
        Person,
        (
            "id",
            "user_id",
            "name",
            "status",
            "unit_id",
            "affiliate_id",
            "manager_id",
            "job_role_id",
            "sort_key",
        ),
        people,
    )
    copy(Employment, ("id", "person_id", "unit_id", "manager_id", "job_role_id", "starts_on"), jobs)
    copy(EmployeeNumber, ("id", "person_id", "affiliate_id", "number"), numbers_held)
    copy(SearchTerm, ("person_id", "term"), terms)
    _audit(events)


def _audit(events: list[tuple[Any, ...]]) -> None:
    copy(AuditEvent, ("id", "action", "object_type", "object_id", "subject_id", "after"), events)


def _courses(plan: Plan) -> None:
    kept, now = plans(), timezone.now()
    group = OrganizationUnit.objects.get(kind=Kind.GROUP).pk
    opened = now - datetime.timedelta(days=300)
    rows = [(number, kept[number % len(kept)]) for number in range(plan.courses)]
    facts = ("title", "summary", "outcomes", "skills")
    copy(Course, ("id", "slug", "owner_id", "level", "hours", "languages", *facts), (
        (row_id(_COURSE, number), f"{plan_of['slug']}-{number}", _unit(number % plan.affiliates, 0), plan_of["level"],
         plan_of["hours"], Jsonb(["en", "ko"]), *(Jsonb(_titled(plan_of, name, number)) for name in facts))
        for number, plan_of in rows
    ))  # fmt: skip
    copy(Course.open_to.through, ("course_id", "organizationunit_id"), (
        # Every second one is for its own affiliate only.
        (row_id(_COURSE, number), group if number % 2 else _unit(number % plan.affiliates, 0)) for number, _plan in rows
    ))  # fmt: skip
    copy(CourseVersion, ("id", "course_id", "number", "content_hash", "status", "published_at"), (
        (row_id(_VERSION, number), row_id(_COURSE, number), 1, f"{number:064x}", "published", opened)
        for number, _plan in rows
    ))  # fmt: skip
    copy(Module, ("id", "version_id", "position", "title"), (
        (row_id(_MODULE, number), row_id(_VERSION, number), 1, Jsonb({"en": "Lessons", "ko": "강의"}))
        for number, _plan in rows
    ))  # fmt: skip
    copy(Unit, ("id", "version_id", "module_id", "position", "key", "kind", "title", "minutes", "content"), (
        (row_id(_LESSON, number * _UNITS + place), row_id(_VERSION, number), row_id(_MODULE, number), place + 1,
         f"lesson-{place + 1}", Reading.name, Jsonb({"en": unit[2], "ko": unit[3]}), unit[1],
         Jsonb({"body": {"en": unit[4], "ko": unit[5]}, "images": {}}))
        for number, plan_of in rows for place, unit in enumerate([*plan_of["units"], plan_of["units"][0]])
    ))  # fmt: skip
    copy(CourseRun, ("id", "course_id", "version_id", "opens_at"), (
        (row_id(_RUN, number), row_id(_COURSE, number), row_id(_VERSION, number), opened) for number, _plan in rows
    ))  # fmt: skip


def _titled(plan_of: dict[str, Any], name: str, number: int) -> Any:
    if name != "title":
        return plan_of[name]
    return {language: f"{text} {number + 1}" for language, text in plan_of["title"].items()}


def _learning(plan: Plan, numbers: range) -> None:
    """One or two enrollments each, none to four of four units completed."""
    now = timezone.now()
    taken, completed, events = [], [], []
    for number in numbers:
        for turn in range(1 + number % 2):
            course, mine = (number * 7 + turn * 131) % plan.courses, row_id(_ENROLLMENT, number * 2 + turn)
            at = now - datetime.timedelta(hours=1 + (number * 37 + turn * 101) % 6000)
            taken.append((mine, row_id(_PERSON, number), row_id(_RUN, course), at))
            after = {"run": str(row_id(_RUN, course)), "source": "self"}
            events.append(
                (mine, "enrollment.create", "courses.Enrollment", mine, row_id(_USER, number), Jsonb(after))
            )
            completed += [
                (row_id(_ENROLLMENT, (number * 2 + turn) * _UNITS + place), mine, f"lesson-{place + 1}",
                 row_id(_VERSION, course), "read", at + (now - at) * (place + 1) / 5)
                for place in range((number + turn) % (_UNITS + 1))
            ]  # fmt: skip
    # Two turns may lead to the same course when there are few.
    unique = {(person, run): (mine, person, run, at) for mine, person, run, at in taken}
    kept = {row[0] for row in unique.values()}
    copy(Enrollment, ("id", "person_id", "run_id", "created_at"), unique.values())
    copy(
        UnitCompletion,
        ("id", "enrollment_id", "unit_key", "version_id", "rule", "completed_at"),
        [row for row in completed if row[1] in kept],
    )
    _audit([row for row in events if row[0] in kept])
