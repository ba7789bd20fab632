"""Job families and the roles in them."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from people.models import JobFamily, JobRole, user_of
from people.pages.asking import Ask, ask, attempt
from people.person_forms.organization import FamilyForm, NewJobForm, RenameForm
from people.reach import admin_reach, group_admin_reach
from people.services.jobs import create_family, create_job_role, rename_job


@login_required
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    reach = admin_reach(user_of(request))
    roles = JobRole.objects.annotate(number=Count("people")).order_by("code")
    families = JobFamily.objects.prefetch_related(Prefetch("roles", roles)).order_by("code")
    return render(request, "people/jobs.html", {"families": families, "can_edit": reach.is_group_admin})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_family(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    group_admin_reach(user)
    form = FamilyForm(request.POST or None)

    def create() -> JobFamily:
        return create_family(code=form.cleaned_data["code"], name=form.texts("name"), by=user)

    return _answer(request, form, create, title=_("New job family"), submit=_("Create"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_job(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    group_admin_reach(user)
    form = NewJobForm(request.POST or None)

    def create() -> JobRole:
        data = form.cleaned_data
        return create_job_role(family=data["family"], code=data["code"], name=form.texts("name"), by=user)

    return _answer(request, form, create, title=_("New job"), submit=_("Create"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rename_family(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    group_admin_reach(user_of(request))
    return _rename(request, get_object_or_404(JobFamily, pk=pk))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rename_role(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    group_admin_reach(user_of(request))
    return _rename(request, get_object_or_404(JobRole, pk=pk))


def _rename(request: HttpRequest, job: JobFamily | JobRole) -> HttpResponse:
    form = RenameForm(request.POST or None, job=job)

    def save() -> JobFamily | JobRole:
        rename_job(job, name=form.texts("name"), by=user_of(request))
        return job

    return _answer(request, form, save, title=_("Rename %(name)s") % {"name": job}, submit=_("Save"))


def _answer(request: HttpRequest, form: Any, save: Any, *, title: str, submit: str) -> HttpResponse:
    back = reverse("people:jobs")
    saved = attempt(form, save) if request.method == "POST" else None
    if saved is not None:
        messages.success(request, _("Saved."))
        return redirect(back)
    return ask(request, form, Ask(title, submit, back, up=[(_("Jobs"), back)]))
