"""The last day of a job beside the main one."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from people.models import Employment, user_of
from people.pages.asking import Ask, ask, attempt
from people.person_forms.work import EndJobForm
from people.services import employments


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end_second_job(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = user_of(request)
    rows = Employment.objects.editable_by(user).filter(primary=False).select_related("person", "unit")
    job = get_object_or_404(rows, pk=pk)
    form = EndJobForm(request.POST if request.method == "POST" else None)
    back = reverse("people:person", args=[job.person_id])

    def end() -> bool:
        employments.end_second_job(job, on=form.cleaned_data["on"], by=user)
        return True

    if request.method == "POST" and attempt(form, end):
        messages.success(request, _("Saved the last day of the job in %(unit)s.") % {"unit": job.unit})
        return redirect(back)
    page = Ask(
        title=_("End the second job"),
        submit=_("Save the last day"),
        cancel_url=back,
        up=[(_("People"), reverse("people:people")), (str(job.person), back)],
        text=_("The job in %(unit)s ends; the main job and the account go on.") % {"unit": job.unit},
        keep=f"end-second-job-{pk}",
    )
    return ask(request, form, page)
