"""The frame around a unit: who may open it, its neighbours, and what its kind shows inside."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from courses.kinds import kind_of
from courses.models import Course, Enrollment, Unit
from courses.outline import module_outline, unit_url
from courses.progress import Progress, progress_of
from people.models import User, user_of


def enrollment_in(user: User, slug: str) -> Enrollment | None:
    """The learner's newest active enrollment in the course, with what `progress_of` needs."""
    mine = Enrollment.objects.visible_to(user).active().filter(run__course__slug=slug).with_completed()
    return mine.select_related("run__course", "run__version", "person").order_by("-created_at").first()


def enrolled_unit(request: HttpRequest, slug: str, key: str) -> tuple[Enrollment, Unit, Progress]:
    """A unit of a course that the person takes, and how far they are; Http404 otherwise."""
    enrollment = enrollment_in(user_of(request), slug)
    if enrollment is None:
        raise Http404
    progress = progress_of([enrollment])[enrollment]
    unit = next((unit for unit in progress.units if unit.key == key), None)
    if unit is None:
        raise Http404
    unit.version = enrollment.run.version
    unit.version.course = enrollment.run.course
    return enrollment, unit, progress


def unit_context(
    request: HttpRequest, found: Unit, enrollment: Enrollment, progress: Progress, **extra: Any
) -> dict[str, Any]:
    """What `courses/unit.html` shows; `extra` overrides what the unit's kind gives."""
    kind, course = kind_of(found), enrollment.run.course
    before, behind = progress.neighbours(found.key)
    return {
        "course": course,
        "unit": found,
        "kind": kind,
        "unit_template": kind.template,
        "outline": module_outline(course, progress.units, progress, current=found),
        "percent": progress.percent,
        "minutes_left": progress.minutes_left,
        "rule": kind.rule(found),
        "done": found.key in progress.completed,
        "complete_url": reverse("courses:complete", args=[course.slug, found.key]),
        "previous": _link(course, before) if before else None,
        "next": _link(course, behind) if behind else None,
        **kind.context(request, found, enrollment),
        **extra,
    }


def _link(course: Course, unit: Unit) -> dict[str, Any]:
    return {"title": unit.title, "minutes": unit.minutes, "url": unit_url(course, unit)}
