"""What people are told about their enrollments."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import Enrollment
from people.notification_kinds import NotificationKind
from people.services.notifications import notify

ENROLLMENTS = "enrollments"
KINDS = (NotificationKind(ENROLLMENTS, gettext_lazy("Courses you were enrolled in"), "book-open"),)


def tell_enrolled(enrollment: Enrollment) -> None:
    """Somebody else enrolled the person."""
    course = enrollment.run.course

    def text() -> str:
        return _("You were enrolled in “%(course)s”. Start whenever you like.") % {"course": course}

    notify(
        enrollment.person,
        kind=ENROLLMENTS,
        key=f"enrollment:{enrollment.pk}",
        text=text,
        url=reverse("courses:course", args=[course.slug]),
    )
