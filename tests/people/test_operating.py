"""What the operator's role carries, who else has it, and accounts that are nobody's."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from people.models import Person, Role, User
from people.services.roles import take_role
from records import longjobs
from records.models import LongJob, OutgoingMail
from tests import factories
from tests.people.browsing import client_of
from tests.permissions.addresses import addresses

pytestmark = pytest.mark.django_db


def menu_of(client: Client) -> set[str]:
    page = client.get("/", headers={"accept-language": "en"})
    return {str(entry["label"]) for entry in page.context["account_menu"]()}


def superuser() -> User:
    user = User.objects.create_superuser("root", "a long secret", email="root@example.com")
    factories.second_factor(user)
    return user


def test_the_role_carries_the_permissions_for_mails_and_long_work_and_no_other() -> None:
    operator = factories.admin(Role.Kind.OPERATOR)
    user = User.objects.get(pk=operator.user_id)
    every = {
        f"{row.content_type.app_label}.{row.codename}"
        for row in Permission.objects.select_related("content_type")
    }
    held = {name for name in every if user.has_perm(name)}
    assert held == {
        "records.view_outgoingmail",
        "records.change_outgoingmail",
        "records.view_longjob",
        "records.change_longjob",
    }


def test_without_the_role_nothing_of_it_is_left() -> None:
    operator = factories.admin(Role.Kind.OPERATOR)
    take_role(operator.roles.get(), by=None)
    assert not User.objects.get(pk=operator.user_id).has_perm("records.view_outgoingmail")
    other = User.objects.get(pk=factories.admin(Role.Kind.OPERATOR).user_id)
    other.is_active = False
    assert not other.has_perm("records.view_outgoingmail")


@pytest.mark.parametrize(
    ("role", "found"), [("operator", 200), ("group_admin", 403), ("training_admin", 403), ("", 403)]
)
def test_mails_the_style_guide_and_the_admin_are_for_operators(role: str, found: int) -> None:
    person = factories.admin(role) if role else factories.person()
    mail = OutgoingMail.objects.create(to="a@example.com", sender="b@example.com", subject="x", message=b"")
    client = client_of(person)
    for address in ("/mails/", f"/mails/{mail.pk}/", "/styleguide/", "/admin/"):
        assert client.get(address, follow=True).status_code == found, address
    assert ("Mails" in menu_of(client)) is (found == 200)


def test_background_work_is_offered_to_who_has_some() -> None:
    learner = factories.person()
    assert "Background work" not in menu_of(client_of(learner))
    _job(learner)
    assert "Background work" in menu_of(client_of(learner))
    assert "Background work" in menu_of(client_of(factories.admin(Role.Kind.OPERATOR)))


@pytest.mark.parametrize("count", [1, 3])
def test_an_operator_finds_everybodys_work_but_not_their_files(
    count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    learner = factories.person("lee")
    jobs = [_job(learner) for _number in range(count)]
    client = client_of(factories.admin(Role.Kind.OPERATOR))
    with django_assert_max_num_queries(8):
        page = client.get("/jobs/").content.decode()
    assert page.count("<span>lee</span>") == count
    LongJob.objects.update(state="done", result_name="people.csv", result_key="results/x")
    assert "/file/" not in client.get(f"/jobs/{jobs[0].pk}/").content.decode()
    assert client.get(f"/jobs/{jobs[0].pk}/file/").status_code == 404


def test_a_superuser_who_is_nobody_meets_no_error(client: Client) -> None:
    user = superuser()
    client.force_login(user)
    labels = menu_of(client)
    assert {"Mails", "Background work"} <= labels
    page = client.get("/", HTTP_ACCEPT_LANGUAGE="en")
    for entry in [*page.context["account_menu"](), *page.context["navigation"]()]:
        assert client.get(entry["url"]).status_code == 200, entry["url"]
    assert "nobody’s" in page.content.decode()
    for address in addresses():
        if not address.parameters:
            for ask in (client.get, client.post):
                client.force_login(user)
                assert ask(address.path({})).status_code < 500, address.name


def _job(person: Person) -> LongJob:
    return longjobs.start_job("people.export", by=person.user, params={})
