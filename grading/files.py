"""The files of a checked program, to take along."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from courses.player import enrolled_unit
from grading.bundles import Bundle
from grading.models import Exercise, Submission
from people.models import user_of
from records import artifacts


@login_required
@require_GET
def download_starter(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    _enrollment, unit, _progress = enrolled_unit(request, slug, key)
    exercise = get_object_or_404(Exercise, unit=unit, kind=Exercise.Kind.CHECKED)
    return _zip(exercise.released_sha256, f"{key}.zip")


@login_required
@require_GET
def download_files(request: HttpRequest, pk: str) -> HttpResponse:
    submissions = Submission.objects.visible_to(user_of(request)).select_related("exercise__unit")
    submission = get_object_or_404(submissions, pk=pk)
    if submission.exercise.kind != Exercise.Kind.CHECKED:
        raise Http404
    return _zip(submission.artifact_sha256, f"{submission.exercise.unit.key}-{submission.number}.zip")


def _zip(sha256: str, name: str) -> HttpResponse:
    response = HttpResponse(Bundle.load(artifacts.read(sha256)).zipped(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
