"""What the demo accounts find when they log in for the first time."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from courses.models import CourseRun, Enrollment
from courses.telling import ENROLLMENTS
from grading.services.telling import DESK
from lms.seed.accounts import demo_person
from lms.seed.answers import AVERAGE, CLASSIFIER, WINE
from lms.seed.catalogue import Taught
from lms.seed.learning import complete, enroll
from lms.seed.ledger import Ledger
from lms.seed.practice import Practice, notify
from people.models import Employment, Person
from people.services.telling import EMPLOYMENT

_HOUR = datetime.timedelta(hours=1)
# Hours ago, and what the learner did then: read a lesson, or hand in attempts.
_STEPS: tuple[tuple[float, str, tuple[str, ...]], ...] = (
    (15 * 24, "look-before-you-model", ()),
    (13 * 24, "summaries-and-pictures", ()),
    (9 * 24, WINE, ("nearly", "right")),
    (6 * 24, AVERAGE, ("one-short", "slow", "right")),
    (3 * 24, "an-honest-test", ()),
    (2, CLASSIFIER, ("korean",)),
)


def tell_stories(ledger: Ledger, practice: Practice, taught: Sequence[Taught]) -> None:
    """`learner` is half through; `learner2` has just begun; `colleague` is new. Who did something keeps that."""
    _learner(ledger, practice, taught)
    newcomer = demo_person("learner2")
    if not newcomer.enrollments.exists():
        enroll(ledger, newcomer, practice.runs[-1], ledger.ago(1), Enrollment.Source.MANAGER)
    _teacher_and_manager(ledger)


def _learner(ledger: Ledger, practice: Practice, taught: Sequence[Taught]) -> None:
    learner = demo_person("learner")
    if learner.enrollments.exists():
        return
    by_slug = {item.run.course.slug: item for item in taught if item.run.closes_at is None}
    for slug, days, share in (("working-safely-with-data", 200, 3), ("gpu-computing-essentials", 40, 1)):
        if item := by_slug.get(slug):
            earlier = enroll(ledger, learner, item.run, ledger.ago(days), Enrollment.Source.HR)
            for number, unit in enumerate(item.units[:share], start=1):
                complete(ledger, earlier, unit, "read", ledger.ago(days - number))
    mine = enroll(ledger, learner, practice.runs[-1], ledger.ago(16), Enrollment.Source.SELF)
    units = {unit.key: unit for unit in practice.units}
    for hours, key, names in _STEPS:
        at = ledger.now - hours * _HOUR
        if names:
            practice.attempts(mine, units[key], names, at, ledger.now)
        else:
            complete(ledger, mine, units[key], "read", at)
    _asked_to_learn(ledger, learner, by_slug["open-source-and-licences"].run, ledger.ago(0.8))


def _asked_to_learn(ledger: Ledger, learner: Person, run: CourseRun, at: datetime.datetime) -> None:
    """Their manager enrolled them yesterday: a new course, and an unread notification."""
    enrollment = enroll(ledger, learner, run, at, Enrollment.Source.MANAGER)
    notify(
        ledger,
        learner,
        kind=ENROLLMENTS,
        key=f"enrollment:{enrollment.pk}",
        text={
            language: f"You were enrolled in “{title}”. Start whenever you like."
            if language == "en"
            else f"‘{title}’ 과정에 등록되었어요. 편한 때에 시작하세요."
            for language, title in run.course.title.items()
        },
        url=f"/courses/{run.course.slug}/",
        at=at,
    )


def _teacher_and_manager(ledger: Ledger) -> None:
    notify(
        ledger,
        demo_person("instructor"),
        kind=DESK,
        key="seed:answers:instructor",
        text={
            "en": "New answers wait for your points in Data science: first steps.",
            "ko": "‘데이터 과학 첫걸음’에 채점을 기다리는 답안이 있어요.",
        },
        url="/teaching/",
        at=ledger.ago(0.3),
    )
    manager = demo_person("manager")
    team = Employment.objects.filter(manager=manager, starts_on__lte=ledger.now.date()).select_related(
        "person"
    )
    newest = team.order_by("-starts_on", "pk").first()
    if newest is not None:
        began = ledger.now - (ledger.now.date() - newest.starts_on)
        notify(
            ledger,
            manager,
            kind=EMPLOYMENT,
            key=f"seed:reports:{newest.person_id}",
            text={
                "en": f"{newest.person.name['en']} reports to you from today.",
                "ko": f"오늘부터 {newest.person.name['ko']} 님이 내 팀에서 일해요.",
            },
            url=f"/people/{newest.person_id}/",
            at=began,
            read_at=began,
        )
