"""Who teaches a course, as its page shows them."""

from __future__ import annotations

from typing import Any

from courses.models import Course, CourseRole


def crew_of(course: Course) -> list[dict[str, Any]]:
    """The course's instructors and assistants with the unit each works in today; one query for all."""
    roles = CourseRole.objects.filter(course=course).select_related("person__unit")
    return [
        {"person": role.person, "role": role.get_kind_display(), "unit": role.person.unit} for role in roles
    ]
