"""The list of people."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from people.listing import Wanted, found_of, in_people, people_wanted, rows_of, wanted_from, with_found
from people.models import Person, Role, user_of
from people.pages.states import state_of
from people.person_forms.filters import PeopleFilter
from people.reach import Reach, reach_of
from records.paging import page_of


@login_required
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """For training admins their affiliate, for group admins everybody, for managers who reports to them."""
    user = user_of(request)
    reach = reach_of(user)
    if not reach.sees_people:
        raise PermissionDenied
    wanted = wanted_from(request.GET, reach)
    found, order = people_wanted(user, reach, wanted)
    counted = with_found(found.only("sort_key"), found)
    page = page_of(counted, order=order, cursor=request.GET.get("cursor"))
    form = PeopleFilter(wanted, user=user, reach=reach)
    context = {
        "reach": reach,
        "wanted": wanted,
        "form": form,
        "rows": [person_row(person) for person in rows_of(page.rows)],
        "shown": in_people(found_of(page.rows)),
        "next_url": page.next and _address(wanted, cursor=page.next),
        "first_url": request.GET.get("cursor") and _address(wanted),
        "tabs": _tabs(wanted, reach),
        "tags": [(label, _address(wanted, **{name: ""})) for label, name in form.tags(wanted)],
        "is_narrowed": bool(set(wanted.as_params()) - {"scope"}),
        "export_params": wanted.as_params().items(),
        "all_url": _address(Wanted(scope=wanted.scope)),
    }
    return render(request, "people/people.html", context)


def person_row(person: Any) -> dict[str, Any]:
    kinds = dict(Role.Kind.choices)
    return {
        "person": person,
        "number": (person.number or "").rpartition("/")[2],
        "state": state_of(person),
        "roles": [kinds[kind] for kind in person.role_kinds],
        "is_partner": person.kind == Person.Kind.PARTNER,
    }


def _tabs(wanted: Wanted, reach: Reach) -> list[dict[str, Any]]:
    whole = _("The group") if reach.is_group_admin else _("My affiliate")
    offered = [("administered", whole)] if reach.is_admin else []
    if reach.leads:
        offered += [("direct", _("Direct reports")), ("all", _("Everyone below"))]
    if len(offered) == 1:
        return []
    return [
        {"url": _address(Wanted(scope=scope, q=wanted.q)), "label": label, "current": wanted.scope == scope}
        for scope, label in offered
    ]


def _address(wanted: Wanted, **changes: str) -> str:
    params = {name: value for name, value in (wanted.as_params() | changes).items() if value}
    return reverse("people:people") + (f"?{urlencode(params)}" if params else "")
