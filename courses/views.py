from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from courses import services
from courses.catalogue import catalogue_context
from courses.covers import art_svg
from courses.crew import crew_of
from courses.kinds import kind_of
from courses.models import Course, CourseRun, Unit
from courses.outline import module_outline, time_by_kind, unit_url
from courses.player import enrolled_unit, enrollment_in, unit_context
from courses.progress import Progress, progress_of
from courses.reading import IMAGE_TYPES
from people.models import Person, user_of
from records import artifacts


@login_required
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """What one may take, narrowed by the address alone: a search can be kept and sent."""
    return render(request, "courses/catalogue.html", catalogue_context(user_of(request), request.GET))


@login_required
@require_GET
def course(request: HttpRequest, slug: str) -> HttpResponse:
    user = user_of(request)
    found = get_object_or_404(Course.objects.visible_to(user).select_related("owner"), slug=slug)
    enrollment = enrollment_in(user, slug)
    run = (
        enrollment.run
        if enrollment
        else found.runs.open().select_related("version").order_by("-opens_at").first()
    )
    progress = progress_of([enrollment])[enrollment] if enrollment else Progress(_units(run), frozenset())
    units = progress.units
    upcoming = progress.next_unit or (units[0] if units else None)
    context = {
        "course": found,
        "run": run,
        "enrollment": enrollment,
        "may_enroll": enrollment is None and Course.objects.takeable_by(user).filter(pk=found.pk).exists(),
        "art": art_svg(found.slug),
        "languages": [get_language_info(code)["name_translated"] for code in found.languages],
        "modules": module_outline(found, units, progress, linked=enrollment is not None),
        "totals": time_by_kind(units),
        "percent": progress.percent,
        "continue_url": unit_url(found, upcoming) if enrollment and upcoming else "",
        "crew": crew_of(found),
    }
    return render(request, "courses/course.html", context)


def _units(run: CourseRun | None) -> list[Unit]:
    return list(run.version.units.select_related("module")) if run else []


@login_required
@require_POST
def enroll(request: HttpRequest, slug: str) -> HttpResponse:
    user = user_of(request)
    found = get_object_or_404(Course.objects.takeable_by(user), slug=slug)
    person = get_object_or_404(Person, user=user)
    try:
        services.enroll(person, course=found, by=user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("courses:course", slug=slug)
    messages.success(request, _("You are enrolled. Start with the first unit whenever you like."))
    return redirect("courses:course", slug=slug)


@login_required
@require_GET
def unit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    enrollment, found, progress = enrolled_unit(request, slug, key)
    return render(request, "courses/unit.html", unit_context(request, found, enrollment, progress))


@login_required
@require_POST
def complete(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Mark a unit that its reader completes as read, and go on to the next one."""
    enrollment, found, progress = enrolled_unit(request, slug, key)
    if not kind_of(found).completed_by_reader:
        raise Http404
    services.complete_unit(enrollment, unit=found, rule="read", by=user_of(request))
    _before, behind = progress.neighbours(key)
    if behind is not None:
        return redirect(unit_url(enrollment.run.course, behind))
    return redirect("courses:course", slug=slug)


@login_required
@require_GET
@cache_control(private=True, max_age=3600)
def image(request: HttpRequest, slug: str, key: str, name: str) -> HttpResponse:
    _enrollment, found, _progress = enrolled_unit(request, slug, key)
    sha256 = found.content.get("images", {}).get(name)
    if sha256 is None:
        raise Http404
    suffix = name[name.rfind(".") :]
    return HttpResponse(artifacts.read(sha256), content_type=IMAGE_TYPES[suffix])
