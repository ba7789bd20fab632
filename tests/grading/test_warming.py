"""What is queued stands ready soon, and operators hear what this host has."""

from __future__ import annotations

import pytest

from grading import warming
from records import hosts
from sandbox import warm
from tests.factories import adding, answered, course, enrollment, submit
from tests.sandbox.conftest import running_daemon

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox]


def test_what_is_queued_is_made_to_stand_ready_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    submit(enrollment(course(adding())), answered(adding(), add="1"))
    assert warming.queued_kinds() == [("base", False)]
    with running_daemon(memory_mb=800) as (path, _process):
        monkeypatch.setenv(warm.VARIABLE, path)
        warming.turn()
        told = [zygote["name"] for host in hosts.reported() for zygote in host.sandboxes]
    assert any(name.startswith("base-") for name in told)


def test_without_a_daemon_operators_hear_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(warm.VARIABLE, raising=False)
    warming.turn()
    assert any("No daemon" in host.why for host in hosts.reported())
