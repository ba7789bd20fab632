"""Pages ask the database a fixed number of questions, however much they show."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import course, enrollment, instructor

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("teachers", [1, 3])
def test_a_course_page(
    client: Client, teachers: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = course()
    names = [instructor(run).name["en"] for _ in range(teachers)]
    client.force_login(enrollment(run).person.user)
    with django_assert_num_queries(6):
        page = client.get("/courses/adding-up/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert all(name in page for name in names)
    assert page.count("Electronics") > teachers


@pytest.mark.parametrize("lessons", [1, 3])
@pytest.mark.parametrize(("unit", "asked"), [("lesson-1", 4), ("adding", 6)])
def test_a_unit_page(
    client: Client, lessons: int, unit: str, asked: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.force_login(enrollment(course(lessons=lessons)).person.user)
    with django_assert_num_queries(asked):
        assert client.get(f"/courses/adding-up/units/{unit}/").status_code == 200
