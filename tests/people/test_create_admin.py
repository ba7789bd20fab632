from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from people.models import OrganizationUnit, Person
from people.services.people import create_person
from tests.factories import second_factor
from tests.people.browsing import listed

pytestmark = pytest.mark.django_db


def create(email: str = "ceo@example.com", **options: str) -> str:
    """What the command says."""
    said = StringIO()
    call_command("create_admin", email, stdout=said, **({"name": "Ada Winter"} | options))
    return said.getvalue()


def test_an_empty_installation_gets_its_group_and_who_may_do_everything() -> None:
    create(group="Maru")
    person = Person.objects.get()
    assert {role.kind for role in person.roles.all()} == {"group_admin", "operator"}
    assert person.unit == OrganizationUnit.objects.get()
    assert person.user.is_active
    assert str(person.unit) == "Maru"
    second_factor(person.user)
    assert listed(person) == {person}


def test_the_code_it_prints_opens_the_account_and_a_second_factor_is_asked(client: Client) -> None:
    said = create()
    assert "/first-login/" in said
    code = re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", said)[0]
    password = "correct horse battery"
    typed = {"login": "ceo@example.com", "code": code, "password": password, "again": password}
    assert client.post("/first-login/", typed).status_code == 302
    assert client.get("/people/")["Location"] == "/account/second-factor/"


def test_done_twice_it_changes_nothing_twice_and_a_second_admin_joins_the_same_group() -> None:
    create()
    create("CEO@example.com")
    create("cto@example.com", name="Ben")
    assert OrganizationUnit.objects.count() == 1
    assert Person.objects.count() == 2


def test_what_cannot_be_is_told_and_nothing_is_left() -> None:
    for email, name in (("no mail", "Ada"), ("a@example.com", "\0"), ("", "Ada")):
        with pytest.raises(CommandError):
            create(email, name=name)
    assert not OrganizationUnit.objects.exists()
    create_person(name={"en": "Guest"}, email="guest@example.com", kind="partner", by=None)
    with pytest.raises(CommandError, match="works here today"):
        create("guest@example.com")
    assert not OrganizationUnit.objects.exists()
