"""What is queued stands ready soon, and operators hear what this host has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.test import Client
from django.urls import reverse

from courses.models import Unit
from grading import warming
from grading.models import Exercise
from records import hosts, live
from sandbox import environments, warm
from tests.factories import adding, answered, course, enrollment, submit
from tests.sandbox.conftest import running_daemon

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox, pytest.mark.xdist_group("hosts")]


@pytest.fixture(autouse=True)
def nothing_told(stores: Path) -> Iterator[None]:
    """What hosts told, or were told to have ready, is not for other tests."""

    def forget(broker: redis.Redis) -> None:
        for key in broker.keys("host*"):
            broker.delete(key)

    live.unless_it_hangs("host", forget)
    yield
    live.unless_it_hangs("host", forget)


def test_what_is_queued_is_made_to_stand_ready_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    submit(enrollment(course(adding())), answered(adding(), add="1"))
    base = environments.described("base")
    assert warming.queued_kinds() == [("base", base.digest, False)]
    with running_daemon() as (path, _process):
        monkeypatch.setenv(warm.VARIABLE, path)
        warming.turn()
        told = [zygote["name"] for host in hosts.reported() for zygote in host.sandboxes]
    assert any(name.startswith("base-") for name in told)


def test_an_exercise_that_somebody_has_open_is_wanted_soon(client: Client) -> None:
    taken = enrollment(course(adding()))
    Exercise.objects.update(environment_digest="0123456789ab")
    wanted = hosts.Kind("base", "0123456789ab", simulator=False)
    assert wanted not in hosts.wanted()
    client.force_login(taken.person.user)
    address = reverse("courses:unit", args=[taken.run.course.slug, Unit.objects.get(kind="notebook").key])
    assert client.get(address).status_code == 200
    assert wanted in hosts.wanted()


def test_without_a_daemon_operators_hear_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(warm.VARIABLE, raising=False)
    warming.turn()
    assert any("No daemon" in host.why for host in hosts.reported())
