"""What the demo accounts find when they log in for the first time."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from courses.models import Enrollment
from lms.seed.accounts import demo_person
from lms.seed.answers import CLASSIFIER, WINE
from lms.seed.catalogue import Taught
from lms.seed.learning import complete, enroll
from lms.seed.ledger import Ledger
from lms.seed.practice import Practice, notify

_HOUR = datetime.timedelta(hours=1)
# Hours ago, and what the learner did then: read a lesson, or hand in attempts.
_STEPS: tuple[tuple[float, str, tuple[str, ...]], ...] = (
    (15 * 24, "look-before-you-model", ()),
    (13 * 24, "summaries-and-pictures", ()),
    (9 * 24, WINE, ("nearly", "right")),
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
    notify(
        ledger,
        learner,
        kind="course_opened",
        key="seed:course_opened:learner",
        text={
            "en": "New in the catalogue: Open source and licences.",
            "ko": "새 과정이 열렸어요: 오픈소스와 라이선스.",
        },
        url="/courses/open-source-and-licences/",
        at=ledger.ago(0.8),
    )


def _teacher_and_manager(ledger: Ledger) -> None:
    notify(
        ledger,
        demo_person("instructor"),
        kind="answers_wait",
        key="seed:answers_wait:instructor",
        text={
            "en": "New answers wait for your points in Data science: first steps.",
            "ko": "‘데이터 과학 첫걸음’에 채점을 기다리는 답안이 있어요.",
        },
        url="/teaching/",
        at=ledger.ago(0.3),
    )
    notify(
        ledger,
        demo_person("manager"),
        kind="team_learned",
        key="seed:team_learned:manager",
        text={
            "en": "Jiwoo Kim reached all 12 points in “Meet the wine data”.",
            "ko": "김지우 님이 ‘와인 데이터와 인사하기’에서 12점을 모두 받았어요.",
        },
        url="",
        at=ledger.ago(8.5),
        read_at=ledger.ago(8),
    )
