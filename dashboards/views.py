from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboards.home import home_context
from people.models import user_of


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboards/home.html", home_context(user_of(request)))
