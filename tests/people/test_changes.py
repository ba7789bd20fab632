"""Changing people through the pages: what is saved, what is refused at its field, what is sent twice."""

from __future__ import annotations

import datetime
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from people.models import Employment, Person, Role, User
from people.services.employments import hire, leave_company, start_leave
from people.services.roles import give_role
from records.models import AuditEvent
from tests import factories
from tests.people.browsing import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Person:
    return factories.admin()


@pytest.fixture
def today() -> datetime.date:
    return factories.affiliate().today()


def new_employee(**changes: Any) -> dict[str, Any]:
    return {
        "key": str(uuid.uuid4()),
        "name_ko": "김지우",
        "name_en": "Jiwoo Kim",
        "email": "jiwoo@example.com",
        "number": "K100",
        "unit": "electronics",
        "on": "2026-01-05",
        "manager": "",
        "job_role": "",
    } | changes


def send(client: Client, address: str, data: dict[str, Any]) -> Any:
    return client.post(address, data)


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return dict(response.context["form"].errors)


def test_a_new_employee_has_an_account_an_employment_and_a_number(admin: Person) -> None:
    boss = factories.person("boss")
    data = new_employee(manager="boss@example.com", title_en="Process engineer")
    response = send(client_of(admin), "/people/new/", data)
    person = Person.objects.get(user__email="jiwoo@example.com")
    assert response.url == f"/people/{person.pk}/"
    assert (person.status, person.unit, person.manager) == ("active", factories.affiliate(), boss)
    assert person.employments.get().job_title == {"en": "Process engineer"}
    assert person.numbers.get().number == "K100"
    assert AuditEvent.objects.filter(action="person.create", actor=admin.user).count() == 1


def test_a_number_is_kept_as_a_login_names_it_and_belongs_to_one_person(admin: Person) -> None:
    client = client_of(admin)
    send(client, "/people/new/", new_employee(number=" Ｋ1\u200b00\u202e "))
    assert Person.objects.get(user__email="jiwoo@example.com").numbers.get().number == "K100"
    again = new_employee(email="other@example.com")
    assert "number" in errors_of(send(client, "/people/new/", again))
    assert "number" in errors_of(send(client, "/people/new/", again | {"number": "\ufdfa" * 40}))
    assert "email" in errors_of(send(client, "/people/new/", again | {"number": "\u200b", "email": ""}))


def test_a_form_sent_twice_creates_one_person_and_typing_is_never_lost(admin: Person) -> None:
    client, data = client_of(admin), new_employee()
    first, second = send(client, "/people/new/", data), send(client, "/people/new/", data)
    assert first.url == second.url
    assert User.objects.filter(email="jiwoo@example.com").count() == 1
    # Back in the browser, and another name into the same form: nobody is lost, nobody is overwritten.
    other = data | {"name_ko": "박도윤", "name_en": "", "email": "doyun@example.com", "number": "K101"}
    refused = send(client, "/people/new/", other)
    assert "created 김지우" in str(errors_of(refused)) or "created Jiwoo" in str(errors_of(refused))
    again = other | {"key": refused.context["form"].data["key"]}
    assert send(client, "/people/new/", again).status_code == 302
    assert Person.objects.filter(user__email="doyun@example.com").exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name_ko": "", "name_en": ""}, "name_ko"),
        ({"name_ko": "a\u200bb"}, "name_ko"),
        ({"name_ko": "Аlice"}, "name_ko"),  # the first letter is Cyrillic
        ({"name_ko": "a\0b"}, "name_ko"),
        ({"name_ko": "가" * 101}, "name_ko"),
        ({"email": "taken@example.com"}, "email"),
        ({"email": "TAKEN@example.com"}, "email"),
        ({"email": "no mail"}, "email"),
        ({"email": "", "number": ""}, "email"),
        ({"number": "TAKEN"}, "number"),
        ({"unit": "atlantis"}, "unit"),
        ({"unit": ""}, "unit"),
        ({"unit": "chemical"}, "unit"),  # of another admin
        ({"on": "2026-02-30"}, "on"),
        ({"on": "9999-12-31"}, "on"),
        ({"on": "0001-01-01"}, "on"),
        ({"manager": "nobody@example.com"}, "manager"),
        ({"manager": "partner1"}, "manager"),
        ({"key": "no key"}, "key"),
        ({"job_role": "1"}, "job_role"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_half_written(
    admin: Person, change: dict[str, str], field: str
) -> None:
    factories.affiliate("chemical")
    taken = factories.person("taken")
    hire(
        taken,
        unit=factories.affiliate(),
        on=datetime.date(2026, 1, 1),
        number="TAKEN",
        primary=False,
        by=None,
    )
    counts = Person.objects.count(), User.objects.count(), AuditEvent.objects.count()
    response = send(client_of(admin), "/people/new/", new_employee(**change))
    assert list(errors_of(response)) == [field]
    assert counts == (Person.objects.count(), User.objects.count(), AuditEvent.objects.count())
    assert b"jiwoo@example.com" in response.content or "email" in change  # typing is kept


def test_a_manager_is_found_by_what_one_types_and_asked_for_when_several_fit(admin: Person) -> None:
    factories.person("park.one")
    second = factories.person("park.two")
    client = client_of(admin)
    response = send(client, "/people/new/", new_employee(manager="park"))
    assert list(errors_of(response)) == ["manager"]
    page = response.content.decode()
    pick = "Park.Two · park.two@example.com"
    assert f'value="{pick}"' in page
    answer = new_employee(manager="park", manager_typed="park", manager_pick=pick)
    assert send(client, "/people/new/", answer).status_code == 302
    assert Person.objects.get(user__email="jiwoo@example.com").manager == second
    suggested = client.get("/people/suggest/", {"field": "manager", "manager": "park.t"}).content.decode()
    assert pick in suggested
    assert "park.one" not in suggested


@pytest.mark.parametrize(("count", "says"), [(8, False), (9, True)])
def test_a_field_says_when_more_fit_than_it_offers(admin: Person, count: int, says: bool) -> None:  # noqa: FBT001
    for number in range(count):
        factories.person(f"park.{number}")
    client = client_of(admin)
    asked = {"field": "manager", "at": "id_manager", "manager": "park"}
    suggested = client.get("/people/suggest/", asked).content.decode()
    assert suggested.count("<option") == 8
    assert ("8 are shown, and more fit." in suggested) is says
    assert 'id="id_manager_more"' in suggested
    page = send(client, "/people/new/", new_employee(manager="park")).content.decode()
    assert page.count('type="radio" name="manager_pick"') == 8
    assert ("8 are shown, and more fit." in page) is says


def test_a_missing_name_is_told_at_once_with_what_else_is_missing(admin: Person) -> None:
    response = send(client_of(admin), "/people/new/", {"email": "jiwoo@example.com"})
    assert {"name_ko", "unit", "on"} <= set(errors_of(response))


def test_a_transfer_ahead_can_be_undone_and_one_sent_twice_is_one(
    admin: Person, today: datetime.date
) -> None:
    person, client = factories.person(), client_of(admin)
    page = client.get(f"/people/{person.pk}/transfer/").content.decode()
    assert 'value="Electronics · electronics"' in page
    data = {"unit": "electronics", "on": str(today + timedelta(days=4)), "manager": str(admin.user.email)}
    for _ in range(2):
        assert send(client, f"/people/{person.pk}/transfer/", data).status_code == 302
    planned = person.employments.get(starts_on=today + timedelta(days=4))
    assert planned.manager == admin
    assert f"/people/employments/{planned.pk}/cancel/" in client.get(f"/people/{person.pk}/").content.decode()
    client.post(f"/people/employments/{planned.pk}/cancel/")
    assert person.employments.get().ends_on is None


def test_a_transfer_says_which_role_ends_before_and_after_it_is_saved(today: datetime.date) -> None:
    factories.affiliate("chemical")
    client, person = client_of(factories.admin("group_admin")), factories.admin()
    address = f"/people/{person.pk}/transfer/"
    assert "ends the role “Training admin · Electronics”" in client.get(address).content.decode()
    assert "ends the role" not in client.get(f"/people/{factories.person().pk}/transfer/").content.decode()
    send(client, address, {"unit": "electronics", "on": str(today)})
    assert "ends on the first day" not in client.get(f"/people/{person.pk}/").content.decode()
    send(client, address, {"unit": "chemical", "on": str(today + timedelta(days=4))})
    said = "The role “Training admin · Electronics” ends on the first day there."
    assert said in client.get(f"/people/{person.pk}/").content.decode()


def test_cancelling_a_second_job_leaves_the_main_one_alone(admin: Person, today: datetime.date) -> None:
    person, client = factories.person(), client_of(admin)
    tomorrow = {"unit": "electronics", "on": str(today + timedelta(days=1))}
    send(client, f"/people/{person.pk}/transfer/", tomorrow)
    send(client, f"/people/{person.pk}/second-job/", tomorrow)
    twice = send(client, f"/people/{person.pk}/second-job/", tomorrow)
    assert list(errors_of(twice)) == ["on"]
    second = person.employments.get(primary=False)
    client.post(f"/people/employments/{second.pk}/cancel/")
    assert person.employments.filter(primary=True).count() == 2
    assert person.employments.filter(primary=False).count() == 0


def test_a_leaving_and_a_leave_ahead_can_be_taken_back(admin: Person, today: datetime.date) -> None:
    person, client = factories.person(), client_of(admin)
    send(client, f"/people/{person.pk}/leaving/", {"on": str(today + timedelta(days=7))})
    assert person.employments.get().ends_on == today + timedelta(days=7)
    client.post(f"/people/{person.pk}/cancel-leaving/")
    assert person.employments.get().ends_on is None
    send(client, f"/people/{person.pk}/leave/", {"kind": "study", "on": str(today + timedelta(days=2))})
    leave = person.leaves.get()
    client.post(f"/people/leaves/{leave.pk}/cancel/")
    assert not person.leaves.exists()


@pytest.mark.parametrize("case", ["leave", "return", "hire", "transfer", "leaving", "cancel"])
def test_dates_that_cross_are_refused_with_a_sentence(case: str, admin: Person, today: datetime.date) -> None:
    person, client = factories.person(), client_of(admin)
    yesterday = str(today - timedelta(days=1))
    if case == "cancel":
        began = person.employments.get()
        page = client.post(f"/people/employments/{began.pk}/cancel/", follow=True).content.decode()
        assert "This has begun already" in page
        return
    cases = {
        "leave": {"kind": "sick", "on": str(today), "until": yesterday},
        "return": {"on": str(today)},
        "hire": {"unit": "electronics", "on": str(today)},
        "transfer": {"unit": "electronics", "on": "1999-01-01"},
        "leaving": {"on": "1999-01-01"},
    }
    events = AuditEvent.objects.count()
    found = errors_of(send(client, f"/people/{person.pk}/{case}/", cases[case]))
    assert list(found) == ["until" if case == "leave" else "on"]
    assert AuditEvent.objects.count() == events
    assert person.employments.get().ends_on is None


def test_a_return_and_a_rehire(admin: Person, today: datetime.date) -> None:
    away, gone = factories.person(), factories.person()
    start_leave(away, kind="parental", on=today - timedelta(days=9), by=None)
    client = client_of(admin)
    send(client, f"/people/{away.pk}/return/", {"on": str(today)})
    away.refresh_from_db()
    assert away.status == "active"
    leave_company(gone, on=today - timedelta(days=1), by=None)
    send(client, f"/people/{gone.pk}/hire/", {"unit": "electronics", "on": str(today), "number": "N7"})
    gone.refresh_from_db()
    assert (gone.status, gone.employments.count()) == ("active", 2)


def test_deactivating_needs_a_reason_and_the_person_can_read_it(admin: Person) -> None:
    person, client = factories.person(), client_of(admin)
    own = client_of(person)
    assert list(errors_of(send(client, f"/people/{person.pk}/suspend/", {"reason": " "}))) == ["reason"]
    send(client, f"/people/{person.pk}/suspend/", {"reason": "Lost the laptop"})
    assert own.get("/people/me/").status_code == 302
    client.post(f"/people/{person.pk}/reinstate/")
    assert "Lost the laptop" in client_of(person).get("/people/me/").content.decode()


def test_roles_are_given_and_taken_by_who_may(admin: Person) -> None:
    person, group = factories.person(), factories.affiliate().parent
    client = client_of(admin)
    refused = send(client, f"/people/{person.pk}/give-role/", {"kind": "group_admin", "unit": ""})
    assert "kind" in errors_of(refused)
    unit = {"kind": "training_admin", "unit": factories.affiliate().pk}
    assert send(client, f"/people/{person.pk}/give-role/", unit).status_code == 302
    client.post(f"/people/roles/{person.roles.get().pk}/take/")
    assert not person.roles.exists()
    boss = factories.admin("group_admin")
    send(client_of(boss), f"/people/{person.pk}/give-role/", {"kind": "operator"})
    assert person.roles.get().unit == group


def test_who_holds_a_wider_role_is_out_of_a_training_admins_hands(admin: Person) -> None:
    boss, client = factories.admin("group_admin"), client_of(admin)
    assert client.get(f"/people/{boss.pk}/").status_code == 200
    for name in ("edit", "suspend", "leaving", "transfer"):
        assert client.get(f"/people/{boss.pk}/{name}/").status_code == 404
    assert client.post(f"/people/roles/{boss.roles.get().pk}/take/").status_code == 404
    staff = factories.person()
    User.objects.filter(pk=staff.user_id).update(is_staff=True)
    assert client.get(f"/people/{staff.pk}/edit/").status_code == 404


def test_a_partner_is_invited_by_an_affiliate(admin: Person) -> None:
    client = client_of(admin)
    data = {
        "key": str(uuid.uuid4()),
        "name_en": "Ada",
        "email": "ada@start.up",
        "affiliate": admin.affiliate_id,
    }
    chemical = factories.affiliate("chemical")
    assert list(errors_of(send(client, "/people/new-partner/", data | {"affiliate": chemical.pk}))) == [
        "affiliate"
    ]
    assert list(errors_of(send(client, "/people/new-partner/", data | {"email": ""}))) == ["email"]
    send(client, "/people/new-partner/", data)
    partner = Person.objects.get(user__email="ada@start.up")
    assert (partner.kind, partner.status, partner.affiliate) == ("partner", "active", admin.affiliate)
    assert client.get(f"/people/{partner.pk}/").status_code == 200


def test_charlie_changes_nobody(admin: Person, today: datetime.date) -> None:
    factories.affiliate("chemical")
    person = factories.person()
    give_role(person, kind=Role.Kind.TRAINING_ADMIN, unit=factories.affiliate(), by=None)
    leave = start_leave(person, kind="sick", on=today + timedelta(days=3), by=None)
    employment: Employment = person.employments.get()
    stranger = factories.admin(at=factories.affiliate("chemical"))
    addresses = [
        f"/people/{person.pk}/cancel-leaving/",
        f"/people/{person.pk}/reinstate/",
        f"/people/{person.pk}/suspend/",
        f"/people/employments/{employment.pk}/cancel/",
        f"/people/leaves/{leave.pk}/cancel/",
        f"/people/roles/{person.roles.get().pk}/take/",
    ]
    charlies = (stranger, factories.partner(), factories.person(), factories.admin("operator"))
    for charlie in charlies:
        client = client_of(charlie)
        assert [client.post(address, {"reason": "x"}).status_code for address in addresses] == [404] * 6
    for charlie in charlies[1:]:
        client = client_of(charlie)
        for address in ("/people/new/", "/people/new-partner/", "/people/suggest/", "/organization/suggest/"):
            assert client.get(address).status_code == 403
    assert Client().get("/people/").status_code == 302
