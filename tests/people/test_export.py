"""The export holds whom the list shows, survives an interruption, and no spreadsheet takes it for formulas."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import transaction

from people import export
from people.export import start_export
from people.listing import Wanted
from people.models import Person, Role
from people.services.people import create_person
from people.services.roles import take_role
from records import artifacts
from records.longjobs import leftovers, queue, work
from records.models import AuditEvent, LongJob
from tests import factories
from tests.people.browsing import client_of

pytestmark = pytest.mark.django_db


def exported(who: Person, **wanted: str) -> tuple[LongJob, list[list[str]]]:
    start_export(Wanted(**wanted), by=who.user)
    job = run_next()
    with artifacts.open_file(job.result_key) as file:
        data: bytes = file.read()
    assert data.startswith(b"\xef\xbb\xbf")
    return job, list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def run_next() -> LongJob:
    job = queue.claim()
    assert job is not None
    work.work_on(job)
    return LongJob.objects.get(pk=job.pk)


def emails(rows: list[list[str]]) -> set[str]:
    return {row[2] for row in rows[1:]}


def test_it_holds_whom_the_list_shows_and_is_written_down() -> None:
    factories.person("away", at=factories.affiliate("chemical"))
    admin, here = factories.admin(), factories.person("here")
    job, rows = exported(admin)
    assert emails(rows) == {admin.user.email, here.user.email}
    assert emails(exported(admin, q="here")[1]) == {"here@example.com"}
    event = AuditEvent.objects.filter(action="people.export").earliest("at")
    assert (event.actor, event.object_id, event.after["people"]) == (admin.user, job.pk, 2)


@pytest.mark.parametrize("sign", ["@", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(sign: str) -> None:
    admin = factories.admin()
    Person.objects.filter(pk=admin.pk).update(name={"en": "=1+1", "ko": f"{sign}sum"})
    admin = Person.objects.select_related("user").get(pk=admin.pk)
    _job, rows = exported(admin)
    assert rows[1][:2] == [f"'{sign}sum", "'=1+1"]


def test_after_an_interruption_it_goes_on_and_names_nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    admin = factories.admin()
    everybody = {admin.user.email}
    for name in "하나둘셋":
        everybody.add(create_person(name={"ko": name}, email=f"p{ord(name)}@a.kr", by=None).user.email)
    Person.objects.update(affiliate=admin.affiliate)
    start_export(Wanted(), by=admin.user)
    job = queue.claim()
    assert job is not None
    held = work.LongWork(job)
    write, written = held.progress, []

    def interrupted(*arguments: Any, **options: Any) -> None:
        write(*arguments, **options)
        written.append(options["checkpoint"])
        raise work.Stopping

    monkeypatch.setattr(held, "progress", interrupted)
    with pytest.raises(work.Stopping):
        export.export_people(held)
    with transaction.atomic():
        queue.give_back(job)
    ended = run_next()
    assert ended.state == "done"
    with artifacts.open_file(ended.result_key) as file:
        rows = list(csv.reader(io.StringIO(file.read().decode("utf-8-sig"))))
    assert len(rows) == 1 + len(everybody)
    assert emails(rows) == everybody
    with pytest.raises(FileNotFoundError):
        artifacts.open_file(export._part(ended, 0))  # noqa: SLF001 - parts leave nothing behind


def test_an_export_that_ends_half_way_leaves_nothing_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    start_export(Wanted(), by=factories.admin().user)
    job = queue.claim()
    assert job is not None

    def gone(*_arguments: Any, **_options: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(export, "_finish", gone)
    with pytest.raises(OSError, match="full"):
        export.export_people(work.LongWork(job))
    part = export._part(job, 0)  # noqa: SLF001 - parts leave nothing behind
    leftovers.remove_leftovers()
    artifacts.open_file(part).close()
    queue.end(job, LongJob.State.FAILED)
    leftovers.remove_leftovers()
    with pytest.raises(FileNotFoundError):
        artifacts.open_file(part)


def test_who_is_no_admin_any_more_gets_no_file() -> None:
    factories.admin("group_admin")
    boss = factories.admin("group_admin")
    start_export(Wanted(), by=boss.user)
    take_role(Role.objects.get(person=boss), by=None)
    job = run_next()
    assert (job.state, job.has_file) == ("failed", False)


def test_the_button_leads_to_the_job_and_charlie_has_none() -> None:
    admin = factories.admin()
    client = client_of(admin)
    first, second = (client.post("/people/export/", {"status": "active"})["Location"] for _ in range(2))
    job = LongJob.objects.get()
    assert first == second
    assert str(job.pk) in first
    assert job.params == {"scope": "administered", "status": "active"}
    for charlie in (factories.person(), factories.partner(), factories.admin("operator")):
        assert client_of(charlie).post("/people/export/").status_code == 403
    assert client.get("/people/export/").status_code == 405
