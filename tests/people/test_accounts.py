from __future__ import annotations

import pytest
from django.db import connection

from people.models import User

pytestmark = pytest.mark.django_db


def test_an_email_finds_its_account_by_the_unique_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "one_user_per_email" in User.objects.with_email("Jiwoo@example.com").explain()


def test_accounts_that_the_index_keeps_apart_are_not_mixed_up() -> None:
    dotless = User.objects.create_user("a", email="k\u0131m@example.com")
    plain = User.objects.create_user("b", email="kim@example.com")
    assert User.objects.with_email("KIM@example.com").get() == plain
    assert User.objects.with_email("k\u0131m@EXAMPLE.com").get() == dotless


def test_nobody_is_found_by_an_empty_email() -> None:
    User.objects.create_user("a")
    assert not User.objects.with_email("").exists()
