from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from courses.models import CourseRun, Enrollment
from courses.player import enrolled_unit, unit_context
from grading import checked_pages, desk, notebook, pages
from grading.builds import missing_builds, used_builds
from grading.bundles import BundleRefused
from grading.forms import HandGradeForm, SubmitForm
from grading.models import Exercise, Submission, TestResult
from grading.services.grades import grade_by_hand as give_points
from grading.services.submitting import TOO_MANY_OPEN, submit_attempt, submit_program
from people.backends import operates
from people.models import user_of
from people.services.notifications import mark_seen
from records import artifacts


def _exercise(request: HttpRequest, slug: str, key: str) -> tuple[Enrollment, Exercise]:
    enrollment, unit, _progress = enrolled_unit(request, slug, key)
    return enrollment, get_object_or_404(Exercise.objects.select_related("unit__version"), unit=unit)


@login_required
@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    enrollment, exercise = _exercise(request, slug, key)
    if request.method == "GET":  # the address of a refused form, typed again
        return redirect("courses:unit", slug=slug, key=key)
    form = SubmitForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(
            request, enrollment, exercise, _("The form is incomplete. Reload the page and try again.")
        )
    try:
        submission = _submit(request, exercise, enrollment, form)
    except (notebook.NotebookRefused, BundleRefused) as error:
        return _refused(request, enrollment, exercise, str(error))
    except ValidationError as error:
        status = 429 if error.code == TOO_MANY_OPEN else 422
        return _refused(request, enrollment, exercise, error.messages[0], status=status)
    return redirect("grading:submission", pk=submission.pk)


def _submit(request: HttpRequest, exercise: Exercise, enrollment: Enrollment, form: SubmitForm) -> Submission:
    """Hand the form's contents to the service of the exercise's kind."""
    click: Any = {"enrollment": enrollment, "idempotency_key": form.key(), "by": user_of(request)}
    if exercise.kind == Exercise.Kind.CHECKED:
        uploads = request.FILES.getlist("file")
        files = (
            checked_pages.uploaded_files(uploads, exercise)
            if uploads
            else checked_pages.posted_files(request)
        )
        return submit_program(exercise, files=files, **click)
    return submit_attempt(exercise, data=_handed_in(request, exercise), **click)


def _handed_in(request: HttpRequest, exercise: Exercise) -> bytes:
    """The uploaded file, or the released notebook with the page's answers filled in."""
    upload = request.FILES.get("notebook")
    if upload is not None:
        data: bytes = upload.read(notebook.MAX_BYTES + 1)  # one byte more is enough to be refused
        return data
    released = notebook.parse_trusted(artifacts.read(exercise.released_sha256))
    return notebook.dump(notebook.with_answers(released, pages.posted_answers(request)))


def _refused(
    request: HttpRequest, enrollment: Enrollment, exercise: Exercise, sentence: str, *, status: int = 422
) -> HttpResponse:
    """The page again, with what was typed and the sentence that says why."""
    enrollment, unit, progress = enrolled_unit(request, enrollment.run.course.slug, exercise.unit.key)
    context = unit_context(request, unit, enrollment, progress, form_error=sentence)
    return render(request, "courses/unit.html", context, status=status)


@login_required
@require_GET
def download_released(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    _enrollment, exercise = _exercise(request, slug, key)
    if exercise.kind != Exercise.Kind.NOTEBOOK:
        raise Http404
    return _notebook_file(artifacts.read(exercise.released_sha256), f"{key}.ipynb")


@login_required
@require_GET
def download_submitted(request: HttpRequest, pk: str) -> HttpResponse:
    submission = _visible(request, pk)
    if submission.exercise.kind != Exercise.Kind.NOTEBOOK:
        raise Http404
    name = f"{submission.exercise.unit.key}-{submission.number}.ipynb"
    return _notebook_file(artifacts.read(submission.artifact_sha256), name)


def _notebook_file(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/x-ipynb+json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _visible(request: HttpRequest, pk: str) -> Submission:
    submissions = Submission.objects.visible_to(user_of(request))
    related = submissions.select_related(
        "job", "exercise__unit", "enrollment__run__course", "enrollment__person"
    )
    return get_object_or_404(
        related.defer("job__raw_result").with_outcome().prefetch_related("job__results"), pk=pk
    )


@login_required
@require_GET
@never_cache
def submission(request: HttpRequest, pk: str) -> HttpResponse:
    return render(request, "grading/submission.html", _seen(request, pk))


@login_required
@require_GET
@never_cache
def submission_state(request: HttpRequest, pk: str) -> HttpResponse:
    """The fragment that the result page swaps in while its submission moves on."""
    return render(request, "grading/_submission.html", _seen(request, pk))


def _seen(request: HttpRequest, pk: str) -> dict[str, Any]:
    """The result page's context; whoever looks at a result has seen what a notification says of it."""
    found = _visible(request, pk)
    if not found.job.is_open:
        mark_seen(user_of(request), reverse("grading:submission", args=[found.pk]))
    return pages.submission_context(request, found)


@login_required
@require_GET
def teaching(request: HttpRequest) -> HttpResponse:
    runs = desk.runs_taught_by(user_of(request))
    return render(request, "grading/teaching.html", {"runs": runs})


@login_required
@require_GET
def grades(request: HttpRequest, pk: str) -> HttpResponse:
    runs = CourseRun.objects.taught_by(user_of(request)).select_related("course", "version")
    run = get_object_or_404(runs, pk=pk)
    return render(request, "grading/grades.html", desk.grade_table(run, user_of(request)))


@login_required
@require_http_methods(["GET", "POST"])
def grade_by_hand(request: HttpRequest, pk: str) -> HttpResponse:
    user = user_of(request)
    results = TestResult.objects.gradable_by(user)
    result = get_object_or_404(results.select_related("job__submission").defer("job__raw_result"), pk=pk)
    form = HandGradeForm(result, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            give_points(
                result, points=form.cleaned_data["points"], comment=form.cleaned_data["comment"], by=user
            )
        except ValidationError as error:
            form.add_error("points", error)
        else:
            messages.success(request, _("Saved. The learner sees the points and your comment now."))
            following = desk.waiting_results(user, result.job.submission.enrollment.run).first()
            if following is None:
                return redirect("grading:grades", pk=result.job.submission.enrollment.run_id)
            return redirect("grading:grade_by_hand", pk=following.pk)
    status = 422 if form.errors else 200
    return render(request, "grading/grade_by_hand.html", desk.hand_grading(result, form, user), status=status)


@login_required
@require_GET
@never_cache
def environments(request: HttpRequest) -> HttpResponse:
    """What is built on the machine that answers, and what submissions wait for; for operators."""
    if not operates(user_of(request)):
        raise PermissionDenied
    return render(request, "grading/environments.html", {"built": used_builds(), "missing": missing_builds()})
