from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from records import artifacts
from records.audit import audit
from records.hosts import Host, reported
from records.longjobs import cancel_job
from records.models import LongJob
from records.pages import shown_job
from records.paging import links_of, page_of

_SIZE = 20


def _visible(request: HttpRequest, pk: uuid.UUID) -> LongJob:
    return get_object_or_404(LongJob.objects.visible_to(request.user).select_related("requested_by"), pk=pk)


@login_required
@require_GET
@never_cache
def jobs(request: HttpRequest) -> HttpResponse:
    """One's own; everybody's, and the hosts that run exercises, with the permission to view long jobs."""
    found = LongJob.objects.visible_to(request.user).select_related("requested_by")
    page = page_of(found, size=_SIZE, cursor=request.GET.get("after"))
    rows = [shown_job(row, request.user) for row in page.rows]
    facts = {"page": page, "jobs": rows, "hosts": _hosts(request), **links_of(page, request)}
    return render(request, "records/jobs.html", facts)


def _hosts(request: HttpRequest) -> list[Host] | None:
    return reported() if request.user.has_perm("records.view_longjob") else None


@login_required
@require_GET
@never_cache
def job(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return render(request, "records/job.html", _context(request, pk))


@login_required
@require_GET
@never_cache
def job_state(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The fragment that any page with a job's bar swaps in while the job moves on."""
    return render(request, "records/_job_state.html", _context(request, pk))


def _context(request: HttpRequest, pk: uuid.UUID) -> dict[str, Any]:
    return {"job": shown_job(_visible(request, pk), request.user)}


@login_required
@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    row = _visible(request, pk)
    if not row.can_be_cancelled_by(request.user):
        raise PermissionDenied
    if not cancel_job(row, by=request.user if request.user.is_authenticated else None):
        messages.info(request, _("It had ended already, or somebody cancelled it before."))
    return redirect("records:job", pk=row.pk)


@login_required
@require_GET
def job_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """The result, streamed, to whoever asked for it: it holds what they may see.

    410 once its time is over, 404 where there never was one.
    """
    row = get_object_or_404(LongJob.objects.requested_by(request.user).exclude(result_name=""), pk=pk)
    if not row.has_file:
        return render(request, "records/expired.html", {"job": shown_job(row, request.user)}, status=410)
    file = artifacts.open_file(row.result_key)
    with transaction.atomic():
        audit("longjob.download", row, by=request.user if request.user.is_authenticated else None)
    return FileResponse(
        file, as_attachment=True, filename=row.result_name, content_type=row.result_media_type
    )
