"""The sample course as three cohorts took it: reading, attempts at its notebooks, grades by machine and by hand."""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from courses.models import Course, CourseRole, CourseRun, Enrollment, Unit
from grading.models import Exercise, Grade, GradingJob, Submission, TestResult, reaches_cutoff
from grading.services.submitting import MODES
from grading.services.telling import GRADES
from lms.seed.accounts import demo_person
from lms.seed.answers import AVERAGE, BY_HAND, CLASSIFIER, KERNEL, WINE, Recorded, recorded_attempts
from lms.seed.learning import complete, enroll, moment_in
from lms.seed.ledger import Ledger
from lms.seed.workforce import Worker
from people.models import Notification, Person, User

# Days ago that a cohort opened and closed; the last one is open, and its learners go at their own pace.
_COHORTS = ((330, 240, 34), (190, 100, 38), (75, None, 30))
# By exercise: the attempts that somebody makes until they are content, and how many do so.
_WAYS: Mapping[str, Mapping[tuple[str, ...], int]] = {
    WINE: {("right",): 5, ("nearly", "right"): 4, ("begun", "nearly"): 2,
        ("begun", "nearly", "right"): 2, ("begun",): 1},
    AVERAGE: {("right",): 4, ("one-short", "slow", "right"): 4, ("one-short", "right"): 3, ("slow",): 2},
    CLASSIFIER: {("long",): 4, ("korean",): 4, ("nearly", "long"): 2,
        ("begun", "korean"): 2, ("nearly",): 2, ("begun",): 1},
    KERNEL: {("right",): 6, ("unguarded", "right"): 4, ("unguarded",): 2, ("rounded-down",): 1},
}  # fmt: skip
_WAITS_AT_MOST = 12  # days until an essay is graded, but for the newest ones


class Practice:
    def __init__(self, ledger: Ledger, course: Course) -> None:
        self.ledger, self.dice = ledger, ledger.dice
        self.course = course
        first = course.runs.select_related("version").earliest("opens_at")
        self.version = first.version
        self.units = list(self.version.units.select_related("module", "version"))
        self.exercises = {
            exercise.unit.key: exercise
            for exercise in Exercise.objects.filter(unit__version=self.version).select_related(
                "unit__version"
            )
        }
        self.recorded = {key: recorded_attempts(exercise) for key, exercise in self.exercises.items()}
        self.runs = self._runs(first)
        self.teacher = demo_person("instructor").user

    def build(self, workers: Sequence[Worker]) -> None:
        learners = self.dice.sample([worker for worker in workers if worker.employments], 160)
        for run, (_opened, _closed, size) in zip(self.runs, _COHORTS, strict=True):
            for _number in range(size):
                worker, at = learners.pop(), moment_in(self.ledger, run)
                if worker.works_on(at.date()):
                    self._take(enroll(self.ledger, worker.person, run, at), at)

    def _runs(self, last: CourseRun) -> list[CourseRun]:
        """Two cohorts of the past before the open run, which was imported and began some weeks ago."""
        opened, _closed, _size = _COHORTS[-1]
        last.opens_at = self.ledger.hour(self.ledger.ago(opened).date())
        CourseRun.objects.filter(pk=last.pk).update(opens_at=last.opens_at, created_at=last.opens_at)
        born = self.ledger.ago(340)
        Course.objects.filter(pk=self.course.pk).update(created_at=born)
        self.course.versions.filter(pk=self.version.pk).update(created_at=born, published_at=born)
        assistant = demo_person("instructor")  # who also teaches the cohorts of the past
        CourseRole.objects.get_or_create(
            person=assistant, kind=CourseRole.Kind.INSTRUCTOR, course=self.course
        )
        runs = []
        for start, end, _size in _COHORTS[:-1]:
            opens = self.ledger.hour(self.ledger.ago(start).date())
            closes = self.ledger.ago(end) if end else None
            run = CourseRun(course=self.course, version=self.version, opens_at=opens, closes_at=closes)
            runs.append(self.ledger.add(run, opens))
        return [*runs, last]

    def _take(self, enrollment: Enrollment, at: datetime.datetime) -> None:
        """Go through the course in order until it is done, given up or today."""
        end = min(enrollment.run.closes_at or self.ledger.now, self.ledger.now)
        stamina = self.dice.choice((1, 3, 4, 5, 6, 7, 7, 7, 7))
        for unit in self.units[:stamina]:
            at += datetime.timedelta(hours=self.dice.randint(2, 140))
            if at > end:
                return
            if unit.key not in self.exercises:
                complete(self.ledger, enrollment, unit, "read", at)
            else:
                ways = _WAYS[unit.key]
                names = self.dice.choices(list(ways), list(ways.values()))[0]
                at = self.attempts(enrollment, unit, names, at, end)

    def attempts(
        self,
        enrollment: Enrollment,
        unit: Unit,
        names: Sequence[str],
        at: datetime.datetime,
        end: datetime.datetime,
    ) -> datetime.datetime:
        """Hand in one after the other; when the last was, which no attempt after `end` is."""
        is_done = False
        for number, name in enumerate(names, start=1):
            if at > end:
                break
            is_newest = number == len(names)
            is_done = self._attempt(enrollment, unit, name, number, at, is_done=is_done, is_newest=is_newest)
            at += datetime.timedelta(minutes=self.dice.randint(12, 2000))
        return at

    def _attempt(
        self,
        enrollment: Enrollment,
        unit: Unit,
        name: str,
        number: int,
        at: datetime.datetime,
        *,
        is_done: bool,
        is_newest: bool,
    ) -> bool:
        """Whether the unit is completed afterwards."""
        ledger, exercise = self.ledger, self.exercises[unit.key]
        attempt = self.recorded[unit.key][name]
        submission = self._submission(enrollment, exercise, attempt, number, at)
        graded_at = at + datetime.timedelta(seconds=self.dice.uniform(1.2, 6))
        results = self._results(submission, attempt, graded_at)
        grade = self._grade(submission, results, None, graded_at, by=None)
        essay = next((result for result in results if result.by_hand and result.points is None), None)
        given_at = graded_at + datetime.timedelta(hours=self.dice.randint(3, 24 * _WAITS_AT_MOST))
        if essay is not None and given_at < ledger.now and is_newest:
            essay.points, essay.comment = BY_HAND[name]
            essay.updated_at = given_at
            after = {"points": essay.points, "comment": essay.comment}
            ledger.audit("result.grade_by_hand", essay, at=given_at, by=self.teacher, after=after)
            grade = self._grade(submission, results, grade, given_at, by=self.teacher)
            self._tell(submission, grade, given_at)
        if not is_done and reaches_cutoff(grade.final, grade.max_points, exercise.cutoff):
            complete(ledger, enrollment, unit, f"cutoff {exercise.cutoff}", grade.created_at)
            return True
        return is_done

    def _submission(
        self,
        enrollment: Enrollment,
        exercise: Exercise,
        attempt: Recorded,
        number: int,
        at: datetime.datetime,
    ) -> Submission:
        submission = Submission(
            enrollment=enrollment,
            exercise=exercise,
            number=number,
            artifact_sha256=attempt.sha256,
            received_at=at,
            idempotency_key=uuid.UUID(int=self.dice.getrandbits(128), version=4),
            notices=list(attempt.notices),
        )
        self.ledger.add(submission, at)
        user = enrollment.person.user
        facts = {"number": number, "sha256": attempt.sha256}
        self.ledger.audit("submission.create", submission, at=at, by=user, about=user, after=facts)
        return submission

    def _results(self, submission: Submission, attempt: Recorded, at: datetime.datetime) -> list[TestResult]:
        mode = MODES[submission.exercise.kind]
        high, low = GradingJob.Assurance.HIGH, GradingJob.Assurance.LOW
        job = GradingJob(
            submission=submission,
            state=GradingJob.State.GRADED,
            mode=mode,
            assurance=high if mode == GradingJob.Mode.CHECKED else low,
            claimable_at=submission.received_at,
            started_at=submission.received_at + datetime.timedelta(milliseconds=80),
            finished_at=at,
            raw_result=attempt.raw_result,
            own_cells=attempt.own_cells,
        )
        self.ledger.add(job, at)
        return [
            self.ledger.add(TestResult(job=job, position=position, **asdict(verdict)), at)
            for position, verdict in enumerate(attempt.verdicts, start=1)
        ]

    def _grade(
        self,
        submission: Submission,
        results: Sequence[TestResult],
        last: Grade | None,
        at: datetime.datetime,
        *,
        by: User | None,
    ) -> Grade:
        raw = math.fsum(result.points or 0 for result in results)
        grade = Grade(
            submission=submission,
            supersedes=last,
            grader=by,
            mode=submission.job.mode,
            assurance=submission.job.assurance,
            raw=raw,
            final=raw,
            max_points=math.fsum(result.max_points for result in results),
            released_at=at,
        )
        self.ledger.add(grade, at)
        before: dict[str, Any] = {"final": last.final} if last else {}
        facts = {"final": grade.final, "submission": str(submission.pk)}
        about = submission.enrollment.person.user
        self.ledger.audit("grade.record", grade, at=at, by=by, about=about, before=before, after=facts)
        return grade

    def _tell(self, submission: Submission, grade: Grade, at: datetime.datetime) -> None:
        """The learner hears of the points; what is older than two weeks was read."""
        title = submission.exercise.unit.title
        text = {
            "en": f"Your answer in “{title.into('en')}” has been graded.",
            "ko": f"‘{title.into('ko')}’ 답안의 채점이 끝났어요.",
        }
        read_at = at + datetime.timedelta(hours=20)
        is_read = read_at < self.ledger.ago(14)
        notify(
            self.ledger,
            submission.enrollment.person,
            kind=GRADES,
            key=f"grade:{grade.pk}",
            text=text,
            url=f"/submissions/{submission.pk}/",
            at=at,
            read_at=read_at if is_read else None,
        )


def notify(
    ledger: Ledger,
    person: Person,
    *,
    kind: str,
    key: str,
    text: Mapping[str, str],
    url: str,
    at: datetime.datetime,
    read_at: datetime.datetime | None = None,
) -> None:
    told = Notification(person=person, kind=kind, key=key, text=dict(text), url=url, read_at=read_at)
    ledger.add(told, at)
