"""What the site told somebody."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from people.models import Notification, Person, user_of
from people.notification_forms import MailForm
from people.notification_kinds import icon_of
from people.services import notifications as services
from records.paging import page_of

SIZE = 30


@login_required
@require_GET
@never_cache
def notifications(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, form: MailForm | None = None, *, status: int = 200) -> HttpResponse:
    user = user_of(request)
    person = getattr(user, "person", None)  # an account of a machine has none
    page = page_of(
        Notification.objects.visible_to(user),
        order=("-created_at", "-id"),
        size=SIZE,
        cursor=request.GET.get("cursor"),
    )
    address = reverse("people:notifications")
    context = {
        "rows": [{"notification": row, "icon": icon_of(row.kind)} for row in page.rows],
        "first_url": address if page.previous else None,
        "next_url": f"{address}?{urlencode({'cursor': page.next})}" if page.next else None,
        "form": form or (MailForm(person) if person else None),
        "has_address": bool(user.email),
    }
    return render(request, "people/notifications.html", context, status=status)


@login_required
@require_GET
@never_cache
def open_notification(request: HttpRequest, pk: str) -> HttpResponse:
    """Marked as read, and on to what it is about."""
    found = get_object_or_404(Notification.objects.visible_to(user_of(request)), pk=pk)
    services.mark_read(found)
    return redirect(found.url or "people:notifications")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    number = services.mark_all_read(user_of(request))
    said = ngettext(
        "%(number)d notification is marked as read.", "%(number)d notifications are marked as read.", number
    )
    messages.success(request, said % {"number": number})
    return redirect("people:notifications")


@login_required
@require_POST
def choose_mail(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = MailForm(get_object_or_404(Person.objects.select_related("user"), user=user), request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    services.choose_mail(user.person, choices=form.choices(), by=user)
    messages.success(request, _("Saved. This is what you get by mail from now on."))
    return redirect("people:notifications")
