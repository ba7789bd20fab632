"""Asking for the list as a file; the job's page has the progress and then the file."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from people.export import start_export
from people.listing import wanted_from
from people.models import user_of
from people.reach import admin_reach


@login_required
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    job = start_export(wanted_from(request.POST, admin_reach(user)), by=user)
    return redirect("records:job", job.pk)
