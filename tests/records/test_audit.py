from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from people.models import User
from records.audit import audit
from records.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> AuditEvent:
    admin, learner, service = (
        User.objects.create_user(name, "secret") for name in ("admin", "learner", "hr")
    )
    return audit("account.lock", learner, by=service, about=learner, on_behalf_of=admin)


def test_an_event_is_found_by_its_object_its_actor_and_whom_it_concerns(event: AuditEvent) -> None:
    learner, service = User.objects.get(username="learner"), User.objects.get(username="hr")
    audit("account.look", service, by=learner)
    assert list(AuditEvent.objects.about(learner)) == [event]
    assert list(AuditEvent.objects.by_actor(service)) == [event]
    assert list(AuditEvent.objects.of(learner)) == [event]
    assert str(event.on_behalf_of) == "admin"


def test_an_event_can_neither_be_changed_nor_deleted(event: AuditEvent) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEvent.objects.filter(pk=event.pk).update(action="nothing")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        event.delete()
    assert AuditEvent.objects.get().action == "account.lock"


@pytest.mark.django_db(transaction=True)
def test_no_event_is_written_outside_the_transaction_of_its_change() -> None:
    user = User.objects.create_user("learner", "secret")
    with pytest.raises(RuntimeError):
        audit("account.lock", user, by=None)
