"""Of every address: who gets in. A name that ends with * stands for all addresses that begin so.

What is not in the URLconf is tested elsewhere: /events/ and /healthz in tests/lms, files under /static/ are public.
"""

from __future__ import annotations

from tests.permissions.rules import Rule, account, only, page_for, public

_UNIT = {"slug": "course.slug", "key": "exercise.unit.key"}
_LESSON = {"slug": "course.slug", "key": "lesson.key"}
# Of affiliate A, to whom the course is opened, or who carries it.
_STAFF_OF_A = ("owner", "boss", "neighbour", "teacher", "admin")

RULES: dict[str, Rule] = {
    "readyz": public(),
    "set_language": public().lax,
    "login": public().lax,
    "logout": public().lax,
    "live-token": only("owner").asking(old="token").refusing(403).api,
    "styleguide": page_for("staff"),
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
    "grading:teaching": account(),
    "grading:grades": only("teacher", pk="run.pk"),
    "grading:grade_by_hand": only("teacher", pk="result.pk"),
}
