"""What the pages of long work show."""

from __future__ import annotations

import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.urls import reverse
from django.utils.translation import gettext as _

from records import live
from records.longjobs import label_of, queue
from records.models import LongJob

State = LongJob.State

TONES = {
    State.DONE: "ok",
    State.FAILED: "bad",
    State.CANCELLED: "",
    State.RUNNING: "due",
    State.QUEUED: "wait",
}


def shown_job(job: LongJob, user: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    """What `records/_job.html` needs as `job`, of a job that `user` may see."""
    return {
        "row": job,
        "label": label_of(job.kind),
        "tone": TONES[State(job.state)],
        "elapsed": in_words(job.elapsed),
        "time_left": in_words(job.time_left),
        "is_mine": job.requested_by_id == user.pk,
        "can_cancel": job.is_open and not job.cancel_requested_at and job.can_be_cancelled_by(user),
        "url": reverse("records:job", args=[job.pk]),
        "state_url": reverse("records:job-state", args=[job.pk]),
        "cancel_url": reverse("records:job-cancel", args=[job.pk]),
        "file_url": reverse("records:job-file", args=[job.pk]) if job.result_name else "",
        "events_url": f"/events/{live.token(queue.topic(job), str(user.pk))}/" if job.is_open else "",
    }


def in_words(span: datetime.timedelta | None) -> str:
    """As exact as anybody cares: `40 s`, `3 min`, `2 h 5 min`; "" for None."""
    if span is None:
        return ""
    if span < datetime.timedelta(minutes=1):
        return _("%(seconds)d s") % {"seconds": span.total_seconds()}
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
