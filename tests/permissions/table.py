"""Of every address: who gets in. A name that ends with * stands for all addresses that begin so.

What is not in the URLconf is tested elsewhere: /events/ and /healthz in tests/lms, files under /static/ are public.
"""

from __future__ import annotations

from people.pages.changes import CHANGES
from tests.permissions.rules import Rule, account, only, page_for, public
from tests.permissions.world import admin_kinds

_UNIT = {"slug": "course.slug", "key": "exercise.unit.key"}
_PROGRAM = {"slug": "course.slug", "key": "program_unit.key"}
_LESSON = {"slug": "course.slug", "key": "lesson.key"}
# Of affiliate A, to whom the course is opened, or who carries it.
_STAFF_OF_A = ("owner", "boss", "neighbour", "teacher", "admin")
_OPERATORS = ("operator", "staff")
_ADMINS = ("training_admin", "admin", "group_admin")
# Where all who are logged in are alike; and at the pages behind the door that admin:index stands for.
_FEW = ("anonymous", "client", "learner", "owner", "staff")
_AT_DOOR = ("anonymous", "group_admin", "operator")


def _row(kind: str) -> Rule:
    return page_for(*_OPERATORS, object_id=f"rows.{kind}").asked_as(*_AT_DOOR)


RULES: dict[str, Rule] = {
    "readyz": public(),
    "set_language": public().lax,
    "account_login": public().naming_affiliates.lax,
    "account_logout": public().lax,
    "mfa_authenticate": public().lax,
    "mfa_login_webauthn": public().lax,
    "first-login": public().naming_affiliates.lax,
    "ask-reset": public().lax,
    "reset-password": public(key="reset_key", token="reset_token").lax,
    "account_reauthenticate": account().lax,
    "mfa_*": account().asked_as(*_FEW).lax,
    "mfa_edit_webauthn": only("owner", pk="passkey.pk").lax,
    "mfa_remove_webauthn": only("owner", pk="passkey.pk").lax,
    "admin:*": page_for(*_OPERATORS, app_label="an_app"),
    "admin:axes_accessattempt_delete": page_for(*_OPERATORS, object_id="rows.axes_accessattempt"),
    **{f"admin:{kind}_*": _row(kind) for kind in admin_kinds()},
    **{f"admin:{kind}_change": _row(kind).for_reading for kind in admin_kinds()},
    "live-token": only("owner").asking(old="token").refusing(403).api,
    "styleguide": page_for(*_OPERATORS),
    "styleguide-error": page_for(*_OPERATORS, code="error_code"),
    "records:jobs": account(),
    "records:job": only("owner", "operator", "staff", pk="long_job.pk"),
    "records:job-state": only("owner", "operator", "staff", pk="long_job.pk"),
    "records:job-cancel": only("owner", "operator", "staff", pk="long_job.pk"),
    "records:job-file": only("owner", pk="long_job.pk"),
    "records:mails": page_for("operator", "staff"),
    "records:mail": page_for("operator", "staff", pk="mail.pk"),
    "records:mail-retry": page_for("operator", "staff", pk="mail.pk"),
    "people:people": page_for("manager", "training_admin", "boss", "neighbour", "admin", "group_admin"),
    "people:export": page_for(*_ADMINS),
    "people:new-employee": page_for(*_ADMINS),
    "people:new-partner": page_for(*_ADMINS),
    "people:suggest-*": page_for(*_ADMINS),
    "people:me": account(),
    "people:person": only("owner", "boss", "admin", "group_admin", pk="owner.pk"),
    **{
        f"people:{change}": only("admin", "group_admin", pk="owner.pk")
        for change in (*CHANGES, "cancel-leaving", "reinstate", "login-code", "lift-lock")
    },
    "people:cancel-employment": only("admin", "group_admin", pk="employment.pk"),
    "people:end-second-job": only("admin", "group_admin", pk="second_job.pk"),
    "people:cancel-leave": only("admin", "group_admin", pk="leave.pk"),
    "people:take-role": only("admin", "group_admin", pk="role.pk"),
    "people:organization": page_for(*_ADMINS),
    "people:unit": page_for("admin", "group_admin", pk="affiliate.pk").unseen_by("training_admin"),
    "people:new-unit": only("admin", "group_admin", pk="affiliate.pk"),
    "people:edit-unit": only("admin", "group_admin", pk="affiliate.pk"),
    "people:move-unit": only("admin", "group_admin", pk="affiliate.pk"),
    "people:jobs": page_for(*_ADMINS),
    "people:new-job": page_for("group_admin"),
    "people:new-family": page_for("group_admin"),
    "people:rename-family": page_for("group_admin", pk="job_role.family_id"),
    "people:rename-job": page_for("group_admin", pk="job_role.pk"),
    "people:account": account(),
    "people:account-*": account(),
    "people:account-session-end": only("owner", pk="session.pk"),
    "people:second-factor": account(),
    "people:notifications": account(),
    "people:read_notifications": account(),
    "people:choose_mail": account(),
    "people:notification": only("owner", pk="notification.pk"),
    "people:audit": page_for(*_ADMINS),
    "dashboards:home": account(),
    "courses:catalogue": account(),
    "courses:course": only(*_STAFF_OF_A, "group_admin", slug="course.slug"),
    "courses:enroll": only(*_STAFF_OF_A, slug="course.slug"),
    "courses:unit": only("owner", **_UNIT),
    "courses:complete": only("owner", **_LESSON),
    "courses:image": only("owner", **_LESSON, name="image"),
    "grading:submit": only("owner", **_UNIT),
    "grading:released": only("owner", **_UNIT),
    "grading:submission": only("owner", "teacher", pk="submission.pk"),
    "grading:submission_state": only("owner", "teacher", pk="submission.pk"),
    "grading:submitted": only("owner", "teacher", pk="submission.pk"),
    "grading:starter": only("owner", **_PROGRAM),
    "grading:submitted_files": only("owner", "teacher", pk="program.pk"),
    "grading:teaching": account(),
    "grading:grades": only("teacher", pk="run.pk"),
    "grading:environments": page_for(*_OPERATORS),
    "grading:grade_by_hand": only("teacher", pk="result.pk"),
}
