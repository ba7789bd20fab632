from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from records.audit import audit
from records.mail import folder, retry_mail
from records.models import OutgoingMail
from records.models.mail import body_of
from records.paging import links_of, page_of

_may_view = permission_required("records.view_outgoingmail", raise_exception=True)
_may_change = permission_required("records.change_outgoingmail", raise_exception=True)


@login_required
@_may_view
@require_GET
@never_cache
def mails(request: HttpRequest) -> HttpResponse:
    """With the folder all mails; with a server those that wait or failed."""
    rows = OutgoingMail.objects.visible_to(request.user).defer("message")
    if not folder.is_used():
        rows = rows.unsent()
    page = page_of(rows, cursor=request.GET.get("after"))
    context = {"page": page, "in_folder": folder.is_used(), **links_of(page, request)}
    return render(request, "records/mails.html", context)


@login_required
@_may_view
@require_GET
@never_cache
def mail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One mail. What it says is shown only where mails end in the folder: else it belongs to whoever gets it."""
    row = get_object_or_404(OutgoingMail.objects.visible_to(request.user), pk=pk)
    text = ""
    if folder.is_used():
        text = row.text or body_of(folder.read(row), "plain")
        with transaction.atomic():
            audit("mail.read", row, by=request.user if request.user.is_authenticated else None)
    context = {"mail": row, "text": text, "in_folder": folder.is_used()}
    return render(request, "records/mail.html", context)


@login_required
@_may_change
@require_POST
def retry(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(OutgoingMail.objects.visible_to(request.user), pk=pk)
    if request.user.is_authenticated and retry_mail(row, by=request.user):
        messages.success(request, _("It will be sent in a moment."))
    return redirect("records:mail", pk=row.pk)
