"""The words for what happens to attempts and grades."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from grading.models import Grade, GradingJob, Submission, TestResult
from people.audit.registry import (
    Action,
    Field,
    ObjectType,
    register_actions,
    register_fields,
    register_objects,
)


def register() -> None:
    register_objects(
        ObjectType(_("Attempt"), Submission, "exercise__unit__title"),
        ObjectType(_("Grade"), Grade, "submission__exercise__unit__title"),
        ObjectType(_("Answer"), TestResult, "job__submission__exercise__unit__title"),
    )
    register_fields(
        submission=Field(_("Attempt"), names="grading.Submission"),
        final=Field(_("Points in all")),
        points=Field(_("Points")),
        comment=Field(_("Comment")),
        mode=Field(_("Mode"), words=dict(GradingJob.Mode.choices)),
        sha256=Field(_("Fingerprint of the file")),
    )
    register_actions(
        submission__create=Action(
            _("Attempt handed in"), _("{actor} handed in an attempt of {subject} at {object}."), "upload"
        ),
        grade__record=Action(
            _("Grade recorded"), _("{actor} recorded a grade of {subject} for {object}."), "clipboard-check"
        ),
        result__grade_by_hand=Action(
            _("Points given by hand"),
            _("{actor} gave points to an answer of {subject} in {object}."),
            "pencil-line",
        ),
    )
