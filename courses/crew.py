"""Who teaches a course, as its page shows them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from courses.models import Course, CourseRole
from people.models import Employment


def crew_of(course: Course) -> list[dict[str, Any]]:
    """The course's instructors and assistants with the unit each works in today; two queries for all."""
    roles = list(CourseRole.objects.filter(course=course).select_related("person"))
    today = Employment.objects.active_on(timezone.localdate())
    primary = today.filter(primary=True, person__in=[role.person_id for role in roles])
    units = {employment.person_id: employment.unit for employment in primary.select_related("unit")}
    return [
        {"person": role.person, "role": role.get_kind_display(), "unit": units.get(role.person_id)}
        for role in roles
    ]
