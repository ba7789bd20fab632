"""A page that stays open longer than its token asks here for the next one."""

from __future__ import annotations

from django.core import signing
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from records import live


@require_GET
@never_cache
def renew(request: HttpRequest) -> JsonResponse:
    """`?old=<token>`, at most a day old and this user's own, gives `{"url": "/events/…/"}`; else 403."""
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    try:
        token = live.renew(request.GET.get("old", ""), request.user.pk)
    except signing.BadSignature:
        return JsonResponse({}, status=403)
    return JsonResponse({"url": f"/events/{token}/"})
