"""A learner hands in an attempt."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from courses.models import Enrollment
from grading import notebook, queue
from grading.models import Exercise, GradingJob, Submission
from people.models import User
from records import artifacts
from records.audit import audit


def submit_attempt(
    exercise: Exercise, *, enrollment: Enrollment, data: bytes, idempotency_key: uuid.UUID, by: User
) -> Submission:
    """Accept a notebook for grading; the same key again answers with the same submission.

    Raises NotebookRefused for a file that cannot be graded and ValidationError when no attempt is left;
    neither uses up an attempt. Raises OSError when the disk is full: nothing was stored then.
    """
    earlier = _earlier(exercise, enrollment, idempotency_key)
    if earlier is not None:
        return earlier
    master = notebook.parse_trusted(artifacts.read(exercise.master_sha256))
    rebuilt = notebook.rebuild(notebook.parse(data), master)
    sha256 = artifacts.store(data)
    try:
        return _accept(exercise, enrollment, sha256, rebuilt.notices, key=idempotency_key, by=by)
    except IntegrityError:  # the same click twice at once: the other one won
        earlier = _earlier(exercise, enrollment, idempotency_key)
        if earlier is None:
            raise
        return earlier


def _earlier(exercise: Exercise, enrollment: Enrollment, key: uuid.UUID) -> Submission | None:
    found = Submission.objects.filter(enrollment=enrollment, idempotency_key=key).first()
    if found is not None and found.exercise_id != exercise.pk:
        raise ValidationError(
            _("This form was already used for another exercise. Reload the page and submit again.")
        )
    return found


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
    Enrollment.objects.select_for_update().get(
        pk=enrollment.pk
    )  # numbers and attempts are counted one by one
    if attempts_left(exercise, enrollment) == 0:
        raise ValidationError(
            _("All attempts of this exercise are used. Ask your instructor for another one.")
        )
    own = Submission.objects.filter(enrollment=enrollment, exercise__unit__key=exercise.unit.key)
    submission = Submission.objects.create(
        enrollment=enrollment,
        exercise=exercise,
        number=own.count() + 1,
        artifact_sha256=sha256,
        idempotency_key=key,
        notices=list(notices),
    )
    job = GradingJob.objects.create(submission=submission)
    audit("submission.create", submission, by=by, after={"number": submission.number, "sha256": sha256})
    queue.hint_after_commit(job)
    return submission


def attempts_left(exercise: Exercise, enrollment: Enrollment) -> int | None:
    """None where attempts are not limited. Faults of ours use none up."""
    if exercise.max_attempts is None:
        return None
    used = Submission.objects.filter(enrollment=enrollment, exercise__unit__key=exercise.unit.key).counted()
    return max(0, exercise.max_attempts - used.count())
