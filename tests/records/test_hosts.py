"""Operators see whether sandboxes start warm on each host that runs exercises, and why not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from people.models import User
from records import hosts, live

# What hosts say lies with the broker, which all tests share.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("hosts")]
READY = {"name": "base-1", "state": "ready", "why": "", "jobs": 0, "memory_bytes": 160 << 20}


@pytest.fixture(autouse=True)
def no_other_hosts() -> Iterator[None]:
    def forget() -> None:
        live.unless_it_hangs("host", lambda broker: [broker.delete(key) for key in broker.keys("host:*")])

    forget()
    yield
    forget()


def page_of(client: Client, *permissions: str) -> str:
    user = User.objects.create_user("kim", "secret")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client.get("/jobs/").content.decode()


def test_operators_see_hosts_that_are_warm_or_why_they_are_cold(client: Client) -> None:
    hosts.report("one", {"zygotes": [READY]})
    hosts.report("two", {"fault": "No daemon was started for sandboxes."})
    hosts.report("three", {"zygotes": [{**READY, "state": "failed", "why": "no memory"}]})
    page = page_of(client, "view_longjob")
    assert [(host.name, host.is_warm) for host in hosts.reported()] == [
        ("one", True),
        ("three", False),
        ("two", False),
    ]
    for words in ("base-1", "Warm", "Cold", "No daemon was started", "no memory"):
        assert words in page


def test_a_site_without_workers_says_so(client: Client) -> None:
    assert "No worker for exercises" in page_of(client, "view_longjob")


def test_nobody_else_hears_of_hosts(client: Client) -> None:
    hosts.report("one", {"zygotes": [READY]})
    assert "Sandboxes" not in page_of(client)
