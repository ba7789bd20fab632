"""Who took which course within the year, how far they came, and when."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from courses.models import CourseRun, Enrollment, Unit, UnitCompletion
from lms.seed.catalogue import Taught
from lms.seed.ledger import Ledger
from lms.seed.workforce import Worker
from people.models import Person

_SOURCES = (Enrollment.Source.SELF,) * 7 + (Enrollment.Source.MANAGER,) * 2 + (Enrollment.Source.HR,)
# Shares of those who finish, who are under way or gave up on it, who left it, and who never began.
_ENDS = {"finished": 58, "under way": 24, "withdrawn": 6, "not begun": 12}
_FINISHES_AFTER = 45  # days: whoever is slower shows up as under way


def seed_reading(ledger: Ledger, taught: Sequence[Taught], workers: Sequence[Worker]) -> None:
    """Enrollments in courses that are only read, with their completions."""
    for number, run in enumerate(taught):
        popular = 40 + ledger.dice.randint(0, 45) if number % 5 else 130
        days = max(10, (ledger.now - run.run.opens_at).days)
        size = min(popular, 12 + days // 2)
        for worker in ledger.dice.sample(workers, size):
            at = moment_in(ledger, run.run)
            if worker.works_on(at.date()):
                _read(ledger, enroll(ledger, worker.person, run.run, at), run.units)


def moment_in(ledger: Ledger, run: CourseRun) -> datetime.datetime:
    """When somebody enrolled: soon after the opening more often than late."""
    end = min(run.closes_at or ledger.now, ledger.now)
    days = (end - run.opens_at).days
    day = run.opens_at + datetime.timedelta(days=int(days * ledger.dice.random() ** 1.5))
    return max(
        ledger.hour(day.date()), run.opens_at + datetime.timedelta(minutes=ledger.dice.randint(5, 600))
    )


def enroll(
    ledger: Ledger,
    person: Person,
    run: CourseRun,
    at: datetime.datetime,
    source: Enrollment.Source | None = None,
) -> Enrollment:
    source = source or ledger.dice.choice(_SOURCES)
    enrollment = ledger.add(Enrollment(person=person, run=run, source=source), at)
    by = person.user if source == Enrollment.Source.SELF else None
    facts = {"run": str(run.pk), "source": str(source)}
    ledger.audit("enrollment.create", enrollment, at=at, by=by, about=person.user, after=facts)
    return enrollment


def _read(ledger: Ledger, enrollment: Enrollment, units: Sequence[Unit]) -> None:
    end = ledger.dice.choices(list(_ENDS), list(_ENDS.values()))[0]
    count = {"finished": len(units), "not begun": 0}.get(end, ledger.dice.randint(1, len(units) - 1))
    at = enrollment.created_at
    for unit in units[:count]:
        at += datetime.timedelta(hours=ledger.dice.randint(1, 24 * _FINISHES_AFTER // len(units)))
        if at > ledger.now:
            return
        complete(ledger, enrollment, unit, "read", at)
    if end == "withdrawn":
        enrollment.status, enrollment.updated_at = Enrollment.Status.WITHDRAWN, at


def complete(ledger: Ledger, enrollment: Enrollment, unit: Unit, rule: str, at: datetime.datetime) -> None:
    completion = UnitCompletion(
        enrollment=enrollment, unit_key=unit.key, version=unit.version, rule=rule, completed_at=at
    )
    ledger.add(completion, at)
    by = enrollment.person.user if rule == "read" else None
    facts = {"enrollment": str(enrollment.pk), "unit": unit.key, "rule": rule}
    ledger.audit("unit.complete", completion, at=at, by=by, about=enrollment.person.user, after=facts)
