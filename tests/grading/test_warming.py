"""What is queued stands ready soon, and operators hear what this host has."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import Unit
from grading import warming
from records import hosts, live
from sandbox import warm
from tests.factories import adding, answered, course, enrollment, submit
from tests.sandbox.conftest import running_daemon

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]


def test_what_is_queued_is_made_to_stand_ready_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    submit(enrollment(course(adding())), answered(adding(), add="1"))
    assert warming.queued_kinds() == [("base", False)]
    with running_daemon() as (path, _process):
        monkeypatch.setenv(warm.VARIABLE, path)
        warming.turn()
        told = [zygote["name"] for host in hosts.reported() for zygote in host.sandboxes]
    assert any(name.startswith("base-") for name in told)


def test_an_exercise_that_somebody_has_open_is_wanted_soon(client: Client) -> None:
    live.unless_it_hangs(
        hosts.WANTED, lambda broker: [broker.delete(key) for key in broker.keys("host-wanted:*")]
    )
    assert hosts.wanted() == []
    taken = enrollment(course(adding()))
    client.force_login(taken.person.user)
    address = reverse("courses:unit", args=[taken.run.course.slug, Unit.objects.get(kind="notebook").key])
    assert client.get(address).status_code == 200
    assert hosts.wanted() == [("base", False)]


def test_without_a_daemon_operators_hear_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(warm.VARIABLE, raising=False)
    warming.turn()
    assert any("No daemon" in host.why for host in hosts.reported())
