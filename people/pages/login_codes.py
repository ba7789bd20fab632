"""A one-time code for somebody without mail, shown once to the admin who hands it over."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from people.models import Person, user_of
from people.services.accounts import CODE_LIFE, CODE_TRIES, issue_login_code


@never_cache
@login_required
@require_POST
def login_code(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    user = user_of(request)
    people = Person.objects.editable_by(user).select_related("user", "affiliate")
    shown = get_object_or_404(people, pk=pk)
    try:
        code = issue_login_code(shown.user, by=user)
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
        return redirect("people:person", pk)
    context = {
        "shown": shown,
        "code": code,
        "number": _number_of(shown),
        "address": settings.SITE_URL + reverse("first-login"),
        "ends_at": timezone.now() + CODE_LIFE,
        "tries": CODE_TRIES,
    }
    return render(request, "people/login_code.html", context)


def _number_of(shown: Person) -> tuple[str, str] | None:
    """Affiliate code and employee number; that of today's affiliate where there are several."""
    numbers = shown.numbers.select_related("affiliate").order_by("-created_at")
    found = numbers.filter(affiliate=shown.affiliate).first() or numbers.first()
    return (found.affiliate.code, found.number) if found else None
