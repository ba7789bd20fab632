"""The words for what happens to courses and enrollments."""

from __future__ import annotations

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from courses.models import CourseRun, CourseVersion, Enrollment
from people.audit.registry import (
    Action,
    Field,
    ObjectType,
    register_actions,
    register_fields,
    register_objects,
)


def _rule(rule: str) -> str:
    """Such as “cutoff 60”, as grading writes it."""
    word, _space, share = rule.partition(" ")
    return gettext("%(share)s%% of the points") % {"share": share} if word == "cutoff" and share else rule


def register() -> None:
    register_objects(
        ObjectType(_("Course version"), CourseVersion, "course__title"),
        ObjectType(_("Run of a course"), CourseRun, "course__title"),
        ObjectType(_("Enrollment"), Enrollment, "run__course__title"),
    )
    register_fields(
        slug=Field(_("Name in addresses")),
        number=Field(pgettext_lazy("a version of a course", "Number")),
        run=Field(_("Run of a course"), names="courses.CourseRun"),
        enrollment=Field(_("Course"), names="courses.Enrollment"),
        source=Field(_("How"), words=dict(Enrollment.Source.choices)),
        rule=Field(_("Rule"), words={"read": _("Read to the end")}, said=_rule),
        unit__complete__unit=Field(pgettext_lazy("a unit of a course", "Unit")),
    )
    register_actions(
        course__publish=Action(
            _("Course published"), _("{actor} published a version of {object}."), "book-open"
        ),
        enrollment__create=Action(
            pgettext_lazy("an event of the audit log", "Enrolled"),
            _("{actor} enrolled {subject} in {object}."),
            "graduation-cap",
        ),
        unit__complete=Action(
            _("Unit completed"), _("{actor} marked a unit as completed by {subject}."), "check"
        ),
    )
