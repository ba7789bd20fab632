"""Everybody gets what is theirs and nothing else, everywhere; and the walk that says so can fail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.test import override_settings
from django.urls import path

from courses.models import Course
from lms.urls import urlpatterns as real
from people.models import user_of
from tests.permissions.addresses import addresses
from tests.permissions.rules import Rule, only, page_for
from tests.permissions.table import RULES
from tests.permissions.walk import Report, walk
from tests.permissions.world import World, create_world

pytestmark = pytest.mark.django_db
last: Report | None = None


@pytest.fixture
def world(caplog: pytest.LogCaptureFixture) -> World:
    caplog.set_level(logging.CRITICAL, logger="django.request")  # each refusal, a line
    return create_world()


def test_everybody_gets_in_where_the_table_says_and_nowhere_else(world: World) -> None:
    global last  # noqa: PLW0603 - what `make permissions` prints at its end
    last = walk(world, addresses(), RULES)
    assert not last.findings, "\n" + "\n".join(last.findings)
    # The secret of affiliate A does stand on the pages of those it belongs to.
    assert {"courses:catalogue", "courses:course", "courses:unit", "grading:grades"} <= last.shown


@login_required
def leak(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(Course.objects.get(slug=slug).slug)


@login_required
def telling(request: HttpRequest, slug: str) -> HttpResponse:
    """Refuses rightly but names what it refuses."""
    course = Course.objects.get(slug=slug)
    if not Course.objects.visible_to(user_of(request)).filter(slug=slug).exists():
        return HttpResponse(str(course.title), status=404)
    return HttpResponse()


@login_required
def late(request: HttpRequest, slug: str) -> HttpResponse:
    """Writes first and asks later."""
    Course.objects.filter(slug=slug).update(hours=2)
    get_object_or_404(Course.objects.visible_to(user_of(request)), slug=slug)
    return HttpResponse()


@login_required
def form_first(request: HttpRequest, slug: str) -> HttpResponse:
    if request.method == "POST" and not request.POST:
        return HttpResponse("The form is incomplete.", status=422)
    get_object_or_404(Course.objects.visible_to(user_of(request)), slug=slug)
    return HttpResponse()


def closed(request: HttpRequest, slug: str) -> HttpResponse:
    raise Http404


def broken(request: HttpRequest, slug: str) -> HttpResponse:
    raise LookupError("nobody catches it")


@login_required
def forbidding(request: HttpRequest, slug: str) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    *(
        path(f"{view.__name__}/<slug:slug>/", view, name=view.__name__)
        for view in (leak, telling, late, form_first, closed, broken, forbidding)
    ),
    *real,
]
_SEEN = only("owner", "boss", "neighbour", "teacher", "admin", "group_admin", slug="course.slug")


@pytest.fixture
def findings(world: World) -> Iterator[Callable[..., list[str]]]:
    """Those of one of the views above."""

    def of(name: str, **rules: Rule) -> list[str]:
        asked = [address for address in addresses() if address.name == name]
        return walk(world, asked, rules).findings

    with override_settings(ROOT_URLCONF=__name__):
        yield of


_WRONG = {
    "leak": "GET /leak/course-of-a/ (leak) as learner: 200  instead of 404",
    "telling": "GET /telling/course-of-a/ (telling) as partner: 404 shows what belongs to affiliate A",
    "late": "POST /late/course-of-a/ (late) as manager: 404, but 1 rows were written",
    "form_first": "POST /form_first/course-of-a/ (form_first) as training_admin: 422  instead of 404",
    "closed": "GET /closed/course-of-a/ (closed) as owner: 404 : they should get in",
    "broken": "GET /broken/course-of-a/ (broken) as anonymous: 500, an error of ours",
    "forbidding": "GET /forbidding/course-of-a/ (forbidding) as instructor: 403  instead of 404",
}


def test_pages_that_are_wrong_are_found(findings: Callable[..., list[str]]) -> None:
    unseen = {view for view, sign in _WRONG.items() if sign not in findings(view, **{view: _SEEN})}
    assert not unseen


def test_a_missing_role_is_told_so(findings: Callable[..., list[str]]) -> None:
    found = findings("forbidding", forbidding=page_for("admin", slug="course.slug"))
    assert {line.partition(" as ")[2].partition(":")[0] for line in found} == {"admin"}


def test_an_address_that_nobody_thought_of_fails(findings: Callable[..., list[str]]) -> None:
    (finding,) = findings("leak")
    assert finding.startswith("leak (/leak/<slug>/): no rule; add to tests/permissions/table.py")
    assert 'only("owner", slug="…")' in finding
    (finding,) = findings("leak", leak=only("owner"))
    assert "no value for <slug>" in finding
