"""Roles that are taken, and admins who leave, in the same moment."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from people.models import Person, Role
from people.services.employments import leave_company
from people.services.roles import take_role
from tests import factories


@pytest.mark.django_db(transaction=True)
def test_two_group_admins_who_take_each_others_role_leave_one() -> None:
    first, second = factories.admin("group_admin"), factories.admin("group_admin")
    together, said = threading.Barrier(2), []

    def take(role: Role) -> None:
        together.wait()
        try:
            take_role(role, by=None)
            said.append("taken")
        except ValidationError:
            said.append("refused")
        finally:
            connection.close()

    for _round in range(5):
        threads = [
            threading.Thread(target=take, args=(Role.objects.of(admin.user).get(),))
            for admin in (first, second)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said) == ["refused", "taken"]
        said.clear()
        unit = Role.objects.get(kind="group_admin").unit
        for admin in (first, second):
            Role.objects.get_or_create(person=admin, kind="group_admin", unit=unit)


@pytest.mark.django_db(transaction=True)
def test_of_two_group_admins_who_leave_at_once_one_stays() -> None:
    admins = [factories.admin("group_admin"), factories.admin("group_admin")]
    together, said = threading.Barrier(2), []

    def leave(admin: Person) -> None:
        together.wait()
        try:
            leave_company(admin, on=factories.affiliate().today(), by=admin.user)
            said.append("left")
        except ValidationError:
            said.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=(admin,)) for admin in admins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["left", "refused"]
