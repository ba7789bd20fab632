"""Who leads whom, changed by two admins in the same moment or taken back after it was turned round."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from people.models import Person
from people.services.employments import cancel_leaving, cancel_planned, leave_company, transfer
from people.services.people import wait_for
from tests import factories

DAY = datetime.timedelta(days=1)


def put_below(manager: Person, *, who: Person, on: datetime.date) -> Callable[[], object]:
    return partial(transfer, who, unit=factories.affiliate(), on=on, manager=manager, by=None)


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_that_make_a_circle_together_leave_one() -> None:
    """The circle is of three: a lock of the two persons alone would let both through."""
    today = factories.affiliate().today()
    top, first, second = (factories.person() for _number in range(3))
    put_below(second, who=first, on=today)()
    said: list[str] = []

    def work(change: Callable[[], object]) -> None:
        try:
            change()
            said.append("done")
        except ValidationError:
            said.append("refused")
        finally:
            connection.close()

    changes = [put_below(first, who=top, on=today), put_below(top, who=second, on=today)]
    threads = [threading.Thread(target=work, args=(change,)) for change in changes]
    with transaction.atomic():
        wait_for("who leads whom")
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=0.5)
        assert said == []  # both wait before they look at who leads whom
    for thread in threads:
        thread.join()
    assert sorted(said) == ["done", "refused"]


@pytest.mark.django_db
def test_a_planned_transfer_is_not_taken_back_into_a_circle() -> None:
    soon = factories.affiliate().today() + 10 * DAY
    boss, other = factories.person("boss"), factories.person("other")
    person = factories.person("kim", manager=boss)
    planned = transfer(person, unit=factories.affiliate(), on=soon, manager=other, by=None)
    put_below(person, who=boss, on=soon)()
    with pytest.raises(ValidationError, match="Boss is to report to this person"):
        cancel_planned(planned, by=None)
    assert person.employments.count() == 2


@pytest.mark.django_db
def test_a_leaving_is_not_taken_back_into_a_circle() -> None:
    today = factories.affiliate().today()
    boss = factories.person("boss")
    person = factories.person("kim", manager=boss)
    leave_company(person, on=today + DAY, by=None)
    put_below(person, who=boss, on=today + 3 * DAY)()
    with pytest.raises(ValidationError, match="Boss is to report to this person"):
        cancel_leaving(person, by=None)
    assert person.employments.get().ends_on == today + DAY
