"""The people of the sample group: who works where, and who came, moved, was away and left within the last year."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

from lms.seed import names
from lms.seed.accounts import AI_CENTRE, PROCESS_INNOVATION, demo_person
from lms.seed.ledger import DAYS, Ledger
from lms.seed.organization import AFFILIATES, GROUP, JOB_ROLES, Division
from lms.seed.units import seed_units
from people.models import (
    EmployeeNumber,
    Employment,
    JobRole,
    Leave,
    OrganizationUnit,
    Person,
    Role,
    SearchTerm,
    User,
)
from people.names import search_terms, sort_key
from people.services.standing import stand, standing_kept

PEOPLE, PARTNERS, GROUP_STAFF, DEMO_PEOPLE = 600, 8, 3, 8
_DAY, _SATURDAY = datetime.timedelta(days=1), 5
# What happened to how many of those who lead nobody. The others simply work.
_FATES = {
    "hired": 50, "hired soon": 9, "moved": 26, "moved to another affiliate": 9, "moves soon": 6,
    "away": 11, "was away": 16, "away soon": 4, "left": 24, "leaves soon": 3,
}  # fmt: skip
_LEAVES = (Leave.Kind.PARENTAL, Leave.Kind.PARENTAL, Leave.Kind.SICK, Leave.Kind.STUDY)


@dataclass
class Worker:
    """A person with everything that was ever written about them."""

    person: Person
    place: str
    family: str = ""
    employments: list[Employment] = field(default_factory=list)
    leaves: list[Leave] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)

    def works_on(self, day: datetime.date) -> bool:
        return any(row.starts_on <= day <= (row.ends_on or day) for row in self.employments)

    @property
    def last(self) -> Employment:
        return self.employments[-1]


@dataclass(frozen=True)
class _Seat:
    """A place in a team: whom its holder reports to, and what they may do there."""

    unit: OrganizationUnit
    manager: Person
    family: str
    place: str


class Workforce:
    """Builds the rows into the ledger; `workers` are the new people, `admins` an affiliate's training admin."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.dice = ledger, ledger.dice
        self.units = seed_units(ledger)
        self.roles = {role.code: role for role in JobRole.objects.select_related("family")}
        self.workers: list[Worker] = []
        self.admins: dict[str, User] = {"maru-electronics": demo_person("training-admin").user}
        self._called: set[str] = set()
        self._numbers: Counter[str] = Counter()
        self._seats: list[_Seat] = []

    def build(self) -> None:
        self._staff_of_the_group()
        for affiliate in AFFILIATES:
            self._leaders(affiliate.code, affiliate.place, affiliate.divisions)
        ai, innovation = self.units[AI_CENTRE], self.units[PROCESS_INNOVATION]
        seats = [_Seat(ai, demo_person("manager"), "data", "kr")] * 10
        seats += [_Seat(innovation, demo_person("colleague"), "engineering", "kr")] * 4
        left = PEOPLE - DEMO_PEOPLE - PARTNERS - len(self.workers) - len(seats)
        weights = [self.dice.choice((2, 3, 3, 4)) for _seat in self._seats]
        seats += self.dice.choices(self._seats, weights, k=left)
        fates = [fate for fate, number in _FATES.items() for _ in range(number)]
        fates += [""] * (len(seats) - len(fates) - 10)
        self.dice.shuffle(fates)
        for seat, fate in zip(seats, [""] * 10 + fates, strict=True):
            self._member(seat, fate)
        self._partners()
        for worker in self.workers:
            self._settle(worker)

    # Who is there

    def _staff_of_the_group(self) -> None:
        group, admin = self.units[GROUP], demo_person("group-admin")
        self.chief = self._join(group, "kr", "chief-executive", None, years=9)
        for role, job in (
            (Role.Kind.GROUP_ADMIN, "people-partner"),
            (Role.Kind.OPERATOR, "platform-engineer"),
        ):
            worker = self._join(group, "kr", job, admin, years=4)
            self._give(role, worker.person, group)

    def _leaders(self, code: str, place: str, divisions: Sequence[Division]) -> None:
        affiliate = self.units[code]
        chief = self._join(affiliate, place, "chief-executive", self.chief.person, years=11)
        for division in divisions:
            unit = self.units[division.code]
            head = self._join(unit, place, "division-head", chief.person, years=10)
            for team in division.teams:
                unit = self.units[team.code]
                lead = self._join(unit, place, "team-lead", head.person, years=8)
                self._seats.append(_Seat(unit, lead.person, division.family, place))
                if team.code.endswith("support-learning") and code not in self.admins:
                    self.admins[code] = lead.person.user
                    self._give(Role.Kind.TRAINING_ADMIN, lead.person, affiliate)

    def _member(self, seat: _Seat, fate: str) -> None:
        today = self.ledger.now.date()
        jobs = [code for code, family, _en, _ko in JOB_ROLES if family == seat.family]
        job = self.dice.choice(jobs)
        if fate == "hired":
            start = self._weekday(today - self._days(3, DAYS - 5))
        elif fate == "hired soon":
            start = self._weekday(today + self._days(3, 45))
        else:
            start = self._weekday(today - self._days(DAYS + 30, 4000))
        worker = self._join(seat.unit, seat.place, job, seat.manager, start=start)
        if fate.startswith("move"):
            self._move(worker, seat, fate)
        elif "away" in fate:
            self._be_away(worker, fate)
        elif fate in {"left", "leaves soon"}:
            self._leave(
                worker, today + self._days(6, 40) if fate == "leaves soon" else today - self._days(4, 320)
            )

    def _partners(self) -> None:
        inviters = self.dice.sample(AFFILIATES[:10], 4)
        for number in range(PARTNERS):
            affiliate = inviters[number % len(inviters)]
            at = self.ledger.hour((self.ledger.now - self._days(20, 300)).date())
            home = ("hanbit-university", "narae-labs")[number % 2]
            worker = self._person("kr", home, at, by=self.admins[affiliate.code], kind=Person.Kind.PARTNER)
            worker.person.affiliate = self.units[affiliate.code]

    # What happens to them

    def _join(
        self,
        unit: OrganizationUnit,
        place: str,
        job: str,
        manager: Person | None,
        *,
        years: int = 0,
        start: datetime.date | None = None,
    ) -> Worker:
        start = start or self._weekday(self.ledger.begin.date() - self._days(200, 200 + 365 * years))
        known = max(self.ledger.begin, self.ledger.hour(start - self._days(6, 20)))
        home = (unit.affiliate or unit).code
        by = self.admins.get((unit.affiliate or unit).code) if known > self.ledger.begin else None
        worker = self._person(place, home, known, by=by)
        worker.family = self.roles[job].family.code
        self._employ(worker, unit, manager, job, start, known, by)
        self._number(worker, unit, start, known)
        return worker

    def _person(
        self,
        place: str,
        home: str,
        at: datetime.datetime,
        *,
        by: User | None,
        kind: str = Person.Kind.EMPLOYEE,
    ) -> Worker:
        name = names.invent(self.dice, place)
        while names.mailbox(name) in self._called:
            name = names.invent(self.dice, place)
        self._called.add(names.mailbox(name))
        box = f"{names.mailbox(name)}@{home}.example"
        user = User(email=box, password=make_password(None), is_active=kind == Person.Kind.PARTNER)
        self.ledger.add(user, at)
        user.username = str(user.pk)
        person = Person(user=user, kind=kind, name=name, sort_key=sort_key(name))
        self.ledger.add(person, at)
        worker = Worker(person, place)
        self.workers.append(worker)
        after = {"name": dict(name), "email": box, "kind": str(kind)}
        self.ledger.audit("person.create", person, at=at, by=by, about=user, after=after)
        return worker

    def _employ(  # noqa: PLR0917 - a row's own facts
        self,
        worker: Worker,
        unit: OrganizationUnit,
        manager: Person | None,
        job: str,
        start: datetime.date,
        at: datetime.datetime,
        by: User | None,
    ) -> None:
        employment = Employment(
            person=worker.person, unit=unit, manager=manager, job_role=self.roles[job], starts_on=start
        )
        before = _facts(worker.last) if worker.employments else {}
        action = "employment.transfer" if before else "employment.start"
        worker.employments.append(self.ledger.add(employment, at))
        self.ledger.audit(
            action,
            employment,
            at=at,
            by=by,
            about=worker.person.user,
            before=before,
            after=_facts(employment),
        )

    def _number(
        self, worker: Worker, unit: OrganizationUnit, start: datetime.date, at: datetime.datetime
    ) -> None:
        affiliate = unit.affiliate
        if affiliate is not None:
            self._numbers[affiliate.code] += 1
            number = f"{start.year}{self._numbers[affiliate.code]:04d}"
            worker.numbers.append(number)
            self.ledger.add(EmployeeNumber(person=worker.person, affiliate=affiliate, number=number), at)

    def _move(self, worker: Worker, seat: _Seat, fate: str) -> None:
        today, here = self.ledger.now.date(), seat.unit.affiliate_id
        elsewhere = fate == "moved to another affiliate"
        others = [
            other
            for other in self._seats
            if (other.unit.affiliate_id != here) == elsewhere and other.unit != seat.unit
        ]
        target = self.dice.choice(others)
        on = self._weekday(today + self._days(5, 40) if fate == "moves soon" else today - self._days(10, 330))
        at = self.ledger.hour(min(on, today) - self._days(2, 15))
        by = self.admins[self._code(target.unit)]
        worker.last.ends_on, worker.last.ending = on - _DAY, Employment.Ending.TRANSFER
        job = worker.last.job_role
        self._employ(worker, target.unit, target.manager, job.code if job else "", on, at, by)
        if elsewhere:
            self._number(worker, target.unit, on, at)

    def _be_away(self, worker: Worker, fate: str) -> None:
        today, kind = self.ledger.now.date(), self.dice.choice(_LEAVES)
        if fate == "away":
            start, end = today - self._days(5, 60), today + self._days(10, 120)
        elif fate == "was away":
            start = today - self._days(150, 320)
            end = start + self._days(20, 110)
        else:
            start = today + self._days(4, 30)
            end = start + self._days(30, 90)
        at = self.ledger.hour(min(start, today) - self._days(3, 12))
        leave = Leave(person=worker.person, kind=kind, starts_on=start, ends_on=end)
        worker.leaves.append(self.ledger.add(leave, at))
        facts = {"kind": str(kind), "starts_on": str(start), "ends_on": str(end)}
        by = self.admins[self._code(worker.last.unit)]
        self.ledger.audit("leave.start", leave, at=at, by=by, about=worker.person.user, after=facts)

    def _leave(self, worker: Worker, on: datetime.date) -> None:
        at = self.ledger.hour(min(on, self.ledger.now.date()) - self._days(2, 25))
        before = _facts(worker.last)
        worker.last.ends_on, worker.last.ending = on, Employment.Ending.LEAVING
        by, about = self.admins[self._code(worker.last.unit)], worker.person.user
        self.ledger.audit(
            "employment.end", worker.last, at=at, by=by, about=about, before=before, after=_facts(worker.last)
        )

    def _give(self, kind: Role.Kind, person: Person, unit: OrganizationUnit) -> None:
        at = self.ledger.begin + datetime.timedelta(hours=1)
        role = self.ledger.add(Role(person=person, kind=kind, unit=unit), at)
        facts = {"kind": str(kind), "unit": unit.code}
        self.ledger.audit("role.give", role, at=at, by=None, about=person.user, after=facts)

    def _settle(self, worker: Worker) -> None:
        """Where the person stood at each turn, where they stand now, and how they are found."""
        person, ledger = worker.person, self.ledger
        known = person.created_at
        turns = {row.unit.midnight(row.starts_on) for row in worker.employments}
        turns |= {row.unit.midnight(row.ends_on + _DAY) for row in worker.employments if row.ends_on}
        turns |= {worker.last.unit.midnight(row.starts_on) for row in worker.leaves}
        turns |= {worker.last.unit.midnight(row.ends_on + _DAY) for row in worker.leaves if row.ends_on}
        before = standing_kept(person)
        for at in [known, *sorted(turn for turn in turns if known < turn < ledger.now), ledger.now]:
            stand(person, worker.employments, worker.leaves, now=at)
            found = standing_kept(person)
            if found != before:
                facts = {"before": before.facts(), "after": found.facts()}
                ledger.audit("person.standing", person, at=at, by=None, about=person.user, **facts)
                person.updated_at = person.user.updated_at = at
            before = found
        for term in sorted(search_terms(person.name, person.user.email, *worker.numbers)):
            ledger.add_plain(SearchTerm(person=person, term=term))

    # Small things

    def _code(self, unit: OrganizationUnit) -> str:
        return (unit.affiliate or unit).code

    def _days(self, least: int, most: int) -> datetime.timedelta:
        return datetime.timedelta(days=self.dice.randint(least, most))

    @staticmethod
    def _weekday(day: datetime.date) -> datetime.date:
        return day + _DAY * (7 - day.weekday()) if day.weekday() >= _SATURDAY else day


def _facts(row: Employment) -> dict[str, str | bool | None]:
    """As the services write them into audit events."""
    ends_on = str(row.ends_on) if row.ends_on else None
    manager = str(row.manager_id) if row.manager_id else None
    job = str(row.job_role_id) if row.job_role_id else None
    facts: dict[str, str | bool | None] = {
        "unit": str(row.unit_id),
        "manager": manager,
        "job_role": job,
        "starts_on": str(row.starts_on),
    }
    return {**facts, "ends_on": ends_on, "primary": row.primary}
