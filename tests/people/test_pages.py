"""The list of people and one person's page: who finds whom, and what a page costs."""

from __future__ import annotations

import datetime
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from people.models import Person
from people.services.employments import hire, start_leave, transfer
from people.services.jobs import create_family, create_job_role
from people.services.people import create_person, suspend
from people.services.units import create_unit
from records.models import AuditEvent
from tests import factories
from tests.people.browsing import client_of, listed

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> datetime.date:
    return factories.affiliate().today()


def test_each_finds_whom_they_may_and_charlie_nobody() -> None:
    chemical = factories.affiliate("chemical")
    here, there = factories.person("anna"), factories.person("zoe", at=chemical)
    admin, boss = factories.admin(), factories.admin("group_admin")
    report = factories.person("rita", manager=there)
    assert {here, report, admin} <= listed(admin)
    assert there not in listed(admin)
    assert {here, there, admin, boss, report} == listed(boss)
    assert listed(there) == {report}
    for charlie in (here, factories.partner(), factories.admin("operator")):
        assert client_of(charlie).get("/people/").status_code == 403


def test_a_manager_has_direct_reports_and_everyone_below() -> None:
    top = factories.person("top")
    middle = factories.person("middle", manager=top)
    low = factories.person("low", manager=middle)
    assert listed(top) == {middle}
    assert listed(top, scope="all") == {middle, low}
    assert listed(top, scope="administered") == {middle}  # what is not theirs becomes what is


def test_search_finds_korean_and_latin_beginnings() -> None:
    boss = factories.admin("group_admin")
    jiwoo = factories.person("jiwoo")
    jiwoo.name = {"ko": "김지우", "en": "Jiwoo Kim"}
    client = client_of(boss)
    edited = {"name_ko": "김지우", "name_en": "Jiwoo Kim", "email": jiwoo.user.email}
    client.post(f"/people/{jiwoo.pk}/edit/", edited)
    for text in ("김지", "지우", "kim", "JIWOO@", "  jiwoo   k"):
        assert listed(boss, q=text) == {jiwoo}, text
    assert listed(boss, q="우") == set()
    assert listed(boss, q="a\0b%_") == set()


def test_korean_names_are_sorted_as_the_alphabet_has_them() -> None:
    boss = factories.admin("group_admin")
    for name in ("하늘", "가람", "나래"):
        create_person(name={"ko": name}, by=None)
    page = client_of(boss, language="ko").get("/people/").content.decode()
    assert page.index("가람") < page.index("나래") < page.index("하늘")


def test_filters_narrow_and_stay_in_the_address(today: datetime.date) -> None:
    boss = factories.admin("group_admin")
    home, chemical = factories.affiliate(), factories.affiliate("chemical")
    lab = create_unit(kind="department", parent=home, code="lab", name={"en": "Lab"}, by=None)
    family = create_family(code="engineering", name={"en": "Engineering"}, by=None)
    job = create_job_role(family=family, code="ai", name={"en": "AI engineer"}, by=None)
    worker, away, there = factories.person(at=lab), factories.person(), factories.person(at=chemical)
    transfer(worker, unit=lab, on=today, job_role=job, by=None)
    start_leave(away, kind="sick", on=today, by=None)
    guest = factories.partner()
    suspend(there, reason="lost", by=boss.user)
    assert listed(boss, unit=lab.pk) == {worker}
    assert listed(boss, affiliate=chemical.pk) == {there}
    assert listed(boss, status="on_leave") == {away}
    assert listed(boss, status="suspended") == {there}
    assert listed(boss, kind="partner") == {guest}
    assert listed(boss, job=f"role:{job.pk}") == listed(boss, job=f"family:{family.pk}") == {worker}
    assert listed(boss, role="group_admin") == {boss}
    assert len(listed(boss, affiliate="nonsense", unit="1", status="x", job="role:1")) == 5
    page = client_of(boss).get(f"/people/?affiliate={home.pk}&unit={lab.pk}").content.decode()
    assert "Remove the filter Affiliate: Electronics" in page
    assert "Remove the filter Unit, with all below it: Lab" in page


def test_long_lists_are_paged_without_gaps() -> None:
    boss = factories.admin("group_admin")
    everybody = {boss} | {factories.person() for _ in range(60)}
    client, seen, address = client_of(boss), [], "/people/"
    while address:
        response = client.get(address)
        seen += [row["person"] for row in response.context["rows"]]
        address = response.context["next_url"]
    assert len(seen) == 61
    assert set(seen) == everybody
    assert "61 people" in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("address", ["/people/", "/people/?q=p", "/people/?scope=all"])
def test_the_list_asks_eight_questions(
    count: int, address: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    boss = factories.admin("group_admin")
    family = create_family(code="engineering", name={"en": "Engineering"}, by=None)
    create_job_role(family=family, code="ai", name={"en": "AI engineer"}, by=None)
    for _ in range(count):
        factories.person(manager=boss)
    client = client_of(boss)
    with django_assert_max_num_queries(8):
        assert client.get(address).status_code == 200


def test_a_viewed_record_tells_the_person_once_a_day() -> None:
    admin, person = factories.admin(), factories.person("viewed")
    client = client_of(admin)
    for _ in range(2):
        assert client.get(f"/people/{person.pk}/").status_code == 200
    event = AuditEvent.objects.get(action="person.view")
    assert (event.actor, event.subject, event.object_id) == (admin.user, person.user, person.pk)
    page = client_of(person).get("/people/me/").content.decode()
    assert str(admin) in page.partition("Who viewed your record")[2]
    client_of(person).get(f"/people/{person.pk}/")
    assert AuditEvent.objects.filter(action="person.view").count() == 1  # one's own is no view


def test_who_is_not_seen_is_not_there() -> None:
    chemical = factories.affiliate("chemical")
    there, admin, guest = factories.person(at=chemical), factories.admin(), factories.partner()
    for who in (admin, guest, factories.person()):
        assert client_of(who).get(f"/people/{there.pk}/").status_code == 404
        assert client_of(who).get(f"/people/{there.pk}/edit/").status_code == 404
    assert client_of(guest).get("/people/me/").status_code == 200
    assert AuditEvent.objects.filter(action="person.view").count() == 0


def test_the_timeline_says_what_takes_effect_by_itself_and_when(today: datetime.date) -> None:
    admin, person = factories.admin(), factories.person()
    lab = create_unit(
        kind="department", parent=factories.affiliate(), code="lab", name={"en": "Lab"}, by=None
    )
    planned = transfer(person, unit=lab, on=today + timedelta(days=9), by=None)
    start_leave(person, kind="parental", on=today, until=today + timedelta(days=3), by=None)
    client = client_of(admin)
    page = client.get(f"/people/{person.pk}/").content.decode()
    assert "Transfer to Lab" in page
    assert "at midnight in Seoul" in page
    assert "Parental leave" in page
    client.post(f"/people/employments/{planned.pk}/cancel/")
    assert "Transfer to Lab" not in client.get(f"/people/{person.pk}/").content.decode()


def test_a_manager_sees_that_somebody_is_away_but_not_why(today: datetime.date) -> None:
    boss = factories.person("boss")
    person = factories.person(manager=boss)
    start_leave(person, kind="sick", on=today, by=None)
    page = client_of(boss).get(f"/people/{person.pk}/").content.decode()
    assert "On leave" in page
    assert "Sick leave" not in page
    assert "Sick leave" in client_of(person).get("/people/me/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_a_person_page_costs_the_same_whatever_it_shows(
    count: int, today: datetime.date, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    admin, person = factories.admin(), factories.person()
    for number in range(count):
        factories.person(manager=person)
        hire(person, unit=factories.affiliate(), on=today + timedelta(days=number), primary=False, by=None)
    client = client_of(admin)
    client.get(f"/people/{person.pk}/")
    with django_assert_num_queries(7):
        assert client.get(f"/people/{person.pk}/").status_code == 200
    own = client_of(person)
    with django_assert_num_queries(7):
        assert admin.name["en"] in own.get("/people/me/").content.decode()


def test_a_long_name_or_none_at_all_breaks_no_page() -> None:
    boss = factories.admin("group_admin")
    person = factories.person("x" * 60)
    Person.objects.filter(pk=person.pk).update(affiliate=None, unit=None, manager=None)
    assert client_of(boss).get(f"/people/{person.pk}/").status_code == 200
