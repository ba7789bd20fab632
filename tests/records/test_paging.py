from __future__ import annotations

import base64
import datetime
import json
import random

import pytest
from django.db.models import Count, QuerySet
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from people.models import User
from records.models import LongJob
from records.paging import Page, links_of, page_of

pytestmark = pytest.mark.django_db

ORDERS = [
    ("-created_at", "-id"),
    ("kind", "-created_at"),
    ("-total", "kind"),
    ("total", "-done", "id"),
    ("requested_by__username", "-pk"),
    ("-requested_by__username", "total"),
    ("-events", "kind"),
    ("finished_at",),
    ("-finished_at", "-total"),
    (),
]


@pytest.fixture
def jobs() -> QuerySet[LongJob]:
    """Thirty rows whose values repeat and are missing, made from a seed."""
    dice = random.Random(7)  # noqa: S311 - rows, no secrets
    users = [User.objects.create_user(name, "secret") for name in ("kim", "lee")]
    now = timezone.now()
    for _number in range(30):
        made = LongJob.objects.create(
            kind=dice.choice(["a", "b", "가"]),
            total=dice.choice([None, 1, 2]),
            done=dice.choice([0, 1]),
            requested_by=dice.choice([None, *users]),
            finished_at=dice.choice([None, now]),
        )
        moment = now - datetime.timedelta(microseconds=dice.randrange(5))
        LongJob.objects.filter(pk=made.pk).update(created_at=moment)
    return LongJob.objects.select_related("requested_by").annotate(events=Count("requested_by__long_jobs"))


def walk(rows: QuerySet[LongJob], order: tuple[str, ...], size: int) -> list[Page[LongJob]]:
    pages = [page_of(rows, order=order, size=size)]
    while pages[-1].next:
        pages.append(page_of(rows, order=order, size=size, cursor=pages[-1].next))
    return pages


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [1, 7, 15, 100])
def test_pages_forth_and_back_are_the_whole_list(
    jobs: QuerySet[LongJob], order: tuple[str, ...], size: int
) -> None:
    everything = list(jobs.order_by(*order, *(() if "pk" in order or "id" in order else ("pk",))))
    if "-id" in order or "-pk" in order:
        everything = list(jobs.order_by(*order))
    pages = walk(jobs, order, size)
    assert [row for page in pages for row in page.rows] == everything
    assert not pages[0].previous
    for later, page in zip(reversed(pages), list(reversed(pages))[1:], strict=False):
        assert page_of(jobs, order=order, size=size, cursor=later.previous).rows == page.rows


def test_rows_that_come_and_go_shift_nothing(jobs: QuerySet[LongJob]) -> None:
    first = page_of(jobs, size=5)
    expected = page_of(jobs, size=5, cursor=first.next).rows
    first.rows[-1].delete()
    LongJob.objects.create(kind="new")
    assert page_of(jobs, size=5, cursor=first.next).rows == expected


def _cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


NONSENSE = [
    "",
    "x",
    "한글",
    "%00",
    "A" * 9000,
    _cursor(),
    _cursor("f", 1),
    _cursor("f", "2026-01-01", "x"),
    _cursor("f", "2026-01-01T00:00:00", "0190a2b3-0000-7000-8000-000000000000"),
    _cursor("f", None, None),
    _cursor("f", {}, []),
    _cursor("q", "2026-01-01T00:00:00+00:00", "0190a2b3-0000-7000-8000-000000000000"),
    base64.urlsafe_b64encode(b"[" * 2900).decode(),
]


@pytest.mark.parametrize("cursor", NONSENSE)
def test_nonsense_gives_the_first_page(jobs: QuerySet[LongJob], cursor: str) -> None:
    assert page_of(jobs, size=5, cursor=cursor).rows == page_of(jobs, size=5).rows


@pytest.mark.parametrize("value", [1e400, 10**40, -1, "\ud800", "9" * 3000, True])
def test_a_number_that_no_row_can_have_is_no_error(jobs: QuerySet[LongJob], value: object) -> None:
    pk = "0190a2b3-0000-7000-8000-000000000000"
    assert len(page_of(jobs, order=("done",), size=5, cursor=_cursor("f", value, pk)).rows) <= 5
    assert len(page_of(jobs, order=("kind",), size=5, cursor=_cursor("f", value, pk)).rows) <= 5


@pytest.mark.parametrize(
    "value", ["2026-01-01T00:00:00+23:59:59.999999", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
)
def test_a_time_that_no_row_can_have_is_no_error(jobs: QuerySet[LongJob], value: str) -> None:
    pk = "0190a2b3-0000-7000-8000-000000000000"
    assert len(page_of(jobs, order=("-created_at",), size=5, cursor=_cursor("f", value, pk)).rows) <= 5


def test_links_keep_the_other_parameters(jobs: QuerySet[LongJob]) -> None:
    request = RequestFactory().get("/jobs/", {"state": "done", "after": "old"})
    html = render_to_string("_paging.html", links_of(Page(list(jobs[:1]), next="NEW"), request))
    assert "?state=done&amp;after=NEW" in html
    assert 'rel="prev"' not in html
