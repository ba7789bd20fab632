from __future__ import annotations

import datetime
import threading
import time

import pytest
from django.db.models import F

from lms.dispatcher import Dispatcher, Lease
from records import periodic
from records.models.lease import DispatcherLease

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What ran; no job of the apps is registered meanwhile."""
    monkeypatch.setattr(periodic, "_jobs", {})
    return []


def test_of_two_dispatchers_one_works(ran: list[str]) -> None:
    periodic.register("one", every=0, run=lambda: ran.append("one"))
    first, second = Dispatcher(Lease()), Dispatcher(Lease())
    first.turn()
    second.turn()
    assert (first.is_leading, second.is_leading) == (True, False)
    assert ran == ["one"]


def test_the_next_takes_over_when_the_first_falls_silent(ran: list[str]) -> None:
    first, second = Lease(), Lease()
    assert first.take()
    assert not second.take()
    a_lease = datetime.timedelta(seconds=first.seconds)
    DispatcherLease.objects.update(until=F("until") - a_lease)  # as if so much time had gone by
    assert second.take()
    assert not first.take()


def test_one_that_leaves_is_replaced_at_once() -> None:
    first, second = Lease(), Lease()
    first.take()
    first.leave()
    assert second.take()


def test_a_job_that_fails_leaves_the_others_alone(ran: list[str]) -> None:
    def fail() -> None:
        raise ValueError("broken")

    periodic.register("broken", every=0, run=fail)
    periodic.register("fine", every=0, run=lambda: ran.append("fine"))
    dispatcher = Dispatcher(Lease())
    dispatcher.turn()
    dispatcher.turn()
    assert ran == ["fine", "fine"]


def test_a_job_runs_once_in_its_interval(ran: list[str]) -> None:
    periodic.register("hourly", every=3600, run=lambda: None)
    now = time.monotonic()
    assert [job.name for job in periodic.due(now)] == ["hourly"]
    assert periodic.due(now + 3599) == []
    assert [job.name for job in periodic.due(now + 3601)] == ["hourly"]


def test_work_that_waits_for_strangers_holds_up_nothing_and_runs_once_at_a_time(ran: list[str]) -> None:
    goes_on, entered = threading.Event(), threading.Event()

    def wait() -> None:
        ran.append("slow")
        entered.set()
        goes_on.wait(10)

    periodic.register("slow", every=0, run=wait, apart=True)
    periodic.register("quick", every=0, run=lambda: ran.append("quick"))
    dispatcher = Dispatcher(Lease())
    dispatcher.turn()
    assert entered.wait(5)
    dispatcher.turn()
    goes_on.set()
    assert sorted(ran) == ["quick", "quick", "slow"]
