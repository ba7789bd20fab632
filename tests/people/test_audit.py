"""The audit log as people read it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from courses.services import enroll
from people.audit.reach import events_visible_to
from people.audit.registry import actions
from people.export import start_export
from people.listing import Wanted
from people.models import Person
from people.services.people import suspend, update_person
from people.services.roles import give_role
from people.services.units import update_unit
from records.audit import audit
from records.models import AuditEvent
from tests import factories

pytestmark = pytest.mark.django_db


def log(client: Client, reader: Person, **filters: str) -> str:
    client.force_login(reader.user)
    return client.get(f"/audit/?{urlencode(filters)}", HTTP_ACCEPT_LANGUAGE="en").content.decode()


@pytest.fixture
def boss() -> Person:
    return factories.admin("group_admin")


def test_only_admins_read_it(client: Client) -> None:
    for reader in (factories.person(), factories.partner(), factories.admin("operator")):
        client.force_login(reader.user)
        assert client.get("/audit/").status_code == 403
        assert not events_visible_to(reader.user).exists()
    assert Client().get("/audit/").status_code == 302


def test_a_training_admin_reads_what_is_about_the_own_people_and_units(client: Client, boss: Person) -> None:
    chemical = factories.affiliate("chemical")
    here, there = factories.person("here"), factories.person("there", at=chemical)
    for person in (here, there):
        update_person(person, name={"en": f"New {person.name['en']}"}, email=person.user.email, by=boss.user)
    for unit in (factories.affiliate(), chemical):
        update_unit(unit, name={"en": f"Big {unit.code}"}, time_zone="Asia/Seoul", locale="ko", by=boss.user)
    page = log(client, factories.admin())
    assert "changed the name or e-mail of" in page
    assert "New Here" in page
    assert "Big electronics" in page
    assert "New There" not in page
    assert "Big chemical" not in page
    whole = log(client, boss)
    assert "New There" in whole
    assert "Big chemical" in whole


def test_what_long_work_was_asked_is_told_in_words(client: Client, boss: Person) -> None:
    start_export(Wanted(scope="administered", status="on_leave", q="kim"), by=boss.user)
    page = log(client, boss, action="longjob.start")
    asked = "Search: kim, Which people: Everybody whom they administer, Status: On leave"
    assert f'<th scope="row">What was asked for</th><td>—</td><td>{asked}</td>' in page
    assert '<th scope="row">Kind</th><td>—</td><td>Export of people</td>' in page


def test_a_row_says_who_did_what_to_whom_and_what_changed(client: Client, boss: Person) -> None:
    person = factories.person("kim")
    update_person(person, name={"en": "Jiwoo Kim"}, email=person.user.email, by=boss.user)
    page = log(client, boss, action="person.update")
    links = [f'<a href="/people/{who.pk}/">{name}</a>' for who, name in ((boss, boss), (person, "Jiwoo Kim"))]
    assert f"{links[0]} changed the name or e-mail of {links[1]}." in page
    assert '<th scope="row">Name</th><td>English: Kim, Korean: kim</td><td>English: Jiwoo Kim</td>' in page
    assert '<th scope="row">E-mail</th>' not in page  # it did not change


def test_ids_read_as_names_and_codes_as_words(client: Client, boss: Person) -> None:
    factories.person("kim", manager=boss)
    page = log(client, boss, action="person.standing", about="kim@example.com")
    assert f'<th scope="row">Manager</th><td>—</td><td>{boss}</td>' in page
    assert '<th scope="row">Status</th><td>Starts later</td><td>Active</td>' in page
    assert '<th scope="row">Account is open</th><td>No</td><td>Yes</td>' in page


def test_an_action_without_words_shows_its_key_and_no_markup_gets_through(
    client: Client, boss: Person
) -> None:
    person = factories.person()
    with transaction.atomic():
        audit("rocket.launch", person, by=boss.user, after={"to": "<script>moon</script>"})
    page = log(client, boss, object=f"people.Person:{person.pk}")
    assert "<code>rocket.launch</code>" in page
    assert "<script>moon" not in page
    assert "&lt;script&gt;moon" in page


@pytest.fixture
def shown(client: Client, boss: Person) -> Callable[..., set[str]]:
    """The actions on the page under some filters, without the setting of the scene by the system."""

    def ask(**filters: str) -> set[str]:
        client.force_login(boss.user)
        response = client.get(f"/audit/?{urlencode(filters)}")
        events = response.context["events"] if response.status_code == 200 else []
        icons = {actions[name].icon for name in ("person.suspend", "unit.update", "person.update")}
        return {event.icon for event in events if event.icon in icons and "system" not in event.title}

    return ask


def test_filters_narrow_by_object_actor_person_action_and_day(
    shown: Callable[..., set[str]], boss: Person
) -> None:
    kim, helper = factories.person("kim"), factories.admin()
    update_person(kim, name={"en": "Jiwoo"}, email="kim@example.com", by=boss.user)
    suspend(kim, reason="", by=helper.user)
    update_unit(factories.affiliate(), name={"en": "E"}, time_zone="Asia/Seoul", locale="ko", by=boss.user)
    rename, close, unit = "pencil-line", "lock-keyhole", "layers"
    assert shown() == {rename, close, unit}
    assert shown(object=f"people.Person:{kim.pk}") == {rename, close}
    assert shown(actor=helper.user.email) == {close}
    assert shown(actor=str(boss.user.pk)) == {rename, unit}
    assert shown(about="jiwoo") == {rename, close}
    assert shown(action="unit.update") == {unit}
    assert shown(since="2001-01-01", until="2001-12-31") == set()
    assert shown(since="2001-01-01") == {rename, close, unit}


@pytest.mark.parametrize(
    "filters",
    [
        {"object": "people.Person:nonsense"},
        {"object": "x" * 500},
        {"actor": "nobody-of-this-name"},
        {"about": str(uuid.uuid4())},
        {"about": "\0"},
        {"action": "no.such"},
        {"since": "yesterday"},
    ],
)
def test_a_wrong_filter_shows_nothing_and_says_so(
    client: Client, boss: Person, filters: dict[str, str]
) -> None:
    client.force_login(boss.user)
    answer = client.get(f"/audit/?{urlencode(filters)}")
    assert answer.status_code == 422
    assert answer.context["events"] == []


def test_a_training_admin_cannot_ask_who_is_elsewhere(client: Client) -> None:
    factories.person("there", at=factories.affiliate("chemical"))
    client.force_login(factories.admin().user)
    answer = client.get("/audit/?about=there@example.com")
    assert answer.status_code == 422


def test_reading_is_on_record_once_a_day_and_filter_and_the_person_concerned_sees_it(
    client: Client, boss: Person
) -> None:
    person = factories.person("kim")
    for _ in range(2):
        log(client, boss)
        log(client, boss, about="kim@example.com")
    log(Client(), boss)
    read = AuditEvent.objects.filter(action="audit.read", actor=boss.user)
    assert {(event.after.get("about"), event.subject) for event in read} == {
        (None, None),
        ("kim@example.com", person.user),
    }
    assert read.count() == 2


def test_a_person_is_linked_for_who_may_open_the_record(client: Client, boss: Person) -> None:
    person = factories.person("kim")
    address = f"/people/{person.pk}/"
    assert (f'href="{address}"' in log(client, boss, about="kim@example.com")) == (
        client.get(address).status_code == 200
    )


def test_the_log_is_paged(client: Client, boss: Person) -> None:
    person = factories.person()
    with transaction.atomic():
        for number in range(60):
            audit("person.update", person, by=boss.user, before={"name": ""}, after={"name": f"N{number:02}"})
    client.force_login(boss.user)
    first = client.get("/audit/?action=person.update")
    assert "N59" in first.content.decode()
    assert "N09" not in first.content.decode()
    assert "N09" in client.get(first.context["next_url"]).content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_for_one_and_for_three(
    client: Client, boss: Person, number: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    run = factories.course()
    for _ in range(number):
        person = factories.person(manager=boss)
        give_role(person, kind="training_admin", unit=factories.affiliate(), by=boss.user)
        enroll(person, course=run.course, by=boss.user)
    since = AuditEvent.objects.latest("id").at.date().isoformat()
    log(client, boss, since=since)
    with django_assert_max_num_queries(8):
        page = client.get(f"/audit/?since={since}", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "gave a role to" in page
    assert "Adding up" in page
