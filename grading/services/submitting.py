"""A learner hands in an attempt."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from courses.models import CourseRun, Enrollment
from grading import notebook, queue
from grading.bundles import Bundle, handed_in
from grading.models import Exercise, GradingJob, Submission, SubmissionQuerySet
from people.models import User
from records import artifacts
from records.audit import audit

TOO_MANY_OPEN = "too_many_open"
MODES = {
    Exercise.Kind.NOTEBOOK.value: GradingJob.Mode.SAME_PROCESS,
    Exercise.Kind.CHECKED.value: GradingJob.Mode.CHECKED,
}


def submit_attempt(
    exercise: Exercise, *, enrollment: Enrollment, data: bytes, idempotency_key: uuid.UUID, by: User
) -> Submission:
    """Accept a notebook for grading; the same file under the same key answers with the same submission.

    Raises NotebookRefused for a file that cannot be graded and ValidationError when no attempt is left or the
    course is closed; neither uses up an attempt. Raises OSError when the disk is full: nothing was stored then.
    """
    master = notebook.parse_trusted(artifacts.read(exercise.master_sha256))
    rebuilt = notebook.rebuild(notebook.parse(data), master)
    # What is refused leaves no file behind: nobody could ever take it away.
    click = _click(exercise, enrollment, idempotency_key, hashlib.sha256(data).hexdigest())
    if not Submission.objects.filter(**click).exists():
        _check_may_submit(exercise, enrollment)
    sha256 = artifacts.store(data)
    return _accept(exercise, enrollment, sha256, rebuilt.notices, key=idempotency_key, by=by)


def submit_program(
    exercise: Exercise,
    *,
    enrollment: Enrollment,
    files: Mapping[str, str],
    idempotency_key: uuid.UUID,
    by: User,
) -> Submission:
    """Accept the files of a checked program; otherwise as `submit_attempt`. Raises BundleRefused for bad files."""
    starter = Bundle.load(artifacts.read(exercise.released_sha256))
    program = handed_in(starter, files)
    notices = ("untouched",) if program == starter else ()
    data = program.dump()
    click = _click(exercise, enrollment, idempotency_key, hashlib.sha256(data).hexdigest())
    if not Submission.objects.filter(**click).exists():
        _check_may_submit(exercise, enrollment)
    return _accept(exercise, enrollment, artifacts.store(data), notices, key=idempotency_key, by=by)


@transaction.atomic
def _accept(
    exercise: Exercise,
    enrollment: Enrollment,
    sha256: str,
    notices: tuple[str, ...],
    *,
    key: uuid.UUID,
    by: User,
) -> Submission:
    # Numbers and attempts are counted one by one, and a second click finds the submission of the first.
    locked = Enrollment.objects.select_for_update(of=("self",)).select_related("run").get(pk=enrollment.pk)
    click = _click(exercise, locked, key, sha256)
    earlier = Submission.objects.filter(**click).first()
    if earlier is not None:
        return earlier
    _check_may_submit(exercise, locked)
    number = _of_unit(exercise, locked).count() + 1
    submission = Submission.objects.create(**click, number=number, notices=list(notices))
    job = GradingJob.objects.create(submission=submission, mode=MODES[exercise.kind])
    after = {"number": number, "sha256": sha256}
    audit("submission.create", submission, by=by, about=enrollment.person.user, after=after)
    queue.hint_after_commit(job)
    return submission


def _click(exercise: Exercise, enrollment: Enrollment, key: uuid.UUID, sha256: str) -> dict[str, Any]:
    """What makes two requests one attempt."""
    return {
        "enrollment": enrollment,
        "exercise": exercise,
        "idempotency_key": key,
        "artifact_sha256": sha256,
    }


def _check_may_submit(exercise: Exercise, enrollment: Enrollment) -> None:
    is_open = CourseRun.objects.open().filter(pk=enrollment.run_id).exists()
    if enrollment.status != Enrollment.Status.ACTIVE or not is_open:
        raise ValidationError(
            _("This course is closed for you, so nothing was submitted. Ask its instructor.")
        )
    if exercise.unit.version_id != enrollment.run.version_id:
        raise ValidationError(_("The course has a new version. Reload the page and submit again."))
    mine = Submission.objects.filter(enrollment__person=enrollment.person_id, job__state__in=GradingJob.OPEN)
    if mine.count() >= queue.MAX_OPEN:
        raise ValidationError(
            _("%(count)d of your submissions are still being graded. Submit again when one of them is done.")
            % {"count": queue.MAX_OPEN},
            code=TOO_MANY_OPEN,
        )
    left = attempts_left(exercise, _of_unit(exercise, enrollment).counted().count())
    if left == 0:
        raise ValidationError(
            _("All attempts of this exercise are used. Ask your instructor for another one.")
        )


def _of_unit(exercise: Exercise, enrollment: Enrollment) -> SubmissionQuerySet:
    """The learner's attempts, in whichever version of the course."""
    return Submission.objects.filter(enrollment=enrollment, exercise__unit__key=exercise.unit.key)


def attempts_left(exercise: Exercise, used: int) -> int | None:
    """None where attempts are not limited. Faults of ours are not among the `used` ones."""
    return None if exercise.max_attempts is None else max(0, exercise.max_attempts - used)
