"""Mail survives a mail server that is away, and nobody gets it twice."""

from __future__ import annotations

import datetime
import email
import email.policy
import logging
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.mail import send_mail
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from people.models import User
from records.mail import delivery, folder, keeping, queue_mail
from records.models import AuditEvent, OutgoingMail
from tests import factories
from tests.records.smtp import MailServer

State = OutgoingMail.State
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outbox(settings: Settings, tmp_path: Path) -> None:
    """Django's test runner puts its own backend in; here the site's works, with the folder."""
    settings.EMAIL_BACKEND = "records.mail.outbox.OutboxBackend"
    settings.MAIL_FOLDER = tmp_path / "mail"


@pytest.fixture
def port(settings: Settings) -> int:
    """Of a mail server that is not there yet."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    settings.MAIL_DELIVERY = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", number
    return number


@pytest.fixture
def server(port: int) -> Iterator[MailServer]:
    running = MailServer(port)
    yield running
    running.close()


def queued(to: str = "kim@example.com", **more: str) -> OutgoingMail:
    return queue_mail(to, subject="비밀번호 재설정", text="링크: https://lms/reset/secret\n", **more)


def root() -> User:
    user = User.objects.create_superuser("root", "secret")
    factories.second_factor(user)
    return user


def test_a_mail_is_part_of_the_transaction_that_caused_it() -> None:
    with transaction.atomic():
        send_mail("Hello", "text", None, ["kim@example.com"])
        transaction.set_rollback(True)
    assert not OutgoingMail.objects.exists()
    send_mail("Hello", "text", None, ["kim@example.com", "lee@example.com"], html_message="<p>text</p>")
    assert {(row.to, row.text.strip(), row.html.strip()) for row in OutgoingMail.objects.all()} == {
        ("kim@example.com", "text", "<p>text</p>"),
        ("lee@example.com", "text", "<p>text</p>"),
    }


def test_one_key_is_one_mail() -> None:
    first = queued(key="reset:1")
    assert queued("lee@example.com", key="reset:1") == first
    assert queued(key="reset:2") != first
    delivery.deliver()
    assert queued(key="reset:1").state == State.SENT
    assert OutgoingMail.objects.count() == 2


def test_a_dead_server_loses_no_mail_and_the_first_success_brings_all_forward(port: int) -> None:
    for number in range(3):
        queued(f"person{number}@example.com")
    delivery.deliver()
    delivery.deliver()
    waiting = OutgoingMail.objects.all()
    assert {(row.state, row.tries, row.server_away) for row in waiting} == {(State.QUEUED, 1, True)}
    assert all(row.due_at > timezone.now() + datetime.timedelta(seconds=50) for row in waiting)
    server = MailServer(port)
    queued("fresh@example.com")
    delivery.deliver()
    server.close()
    assert sorted(to for to, _bytes in server.mails) == [
        "fresh@example.com", *(f"person{number}@example.com" for number in range(3)),
    ]  # fmt: skip
    assert not OutgoingMail.objects.unsent().exists()


def test_a_sent_mail_arrives_whole_and_its_text_is_gone_from_the_database(server: MailServer) -> None:
    row = queued()
    before = bytes(row.message)
    delivery.deliver()
    row.refresh_from_db()
    assert (row.state, row.tries, bytes(row.message), row.text) == (State.SENT, 1, b"", "")
    [(to, data)] = server.mails
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    assert to == "kim@example.com"
    assert parsed["Subject"] == "비밀번호 재설정"
    assert parsed["Message-ID"] == email.message_from_bytes(before)["Message-ID"]
    body = parsed.get_body(("plain",))
    assert body is not None
    assert "링크: https://lms/reset/secret" in body.get_content()


def test_a_refused_mail_holds_up_no_other_and_pauses_ever_longer(server: MailServer) -> None:
    refused, fine = queued("refused@example.com"), queued()
    pauses = []
    for _try in range(8):
        OutgoingMail.objects.update(due_at=timezone.now())
        delivery.deliver()
        refused.refresh_from_db()
        pauses.append(round((refused.due_at - timezone.now()).total_seconds() / 60))
    fine.refresh_from_db()
    assert (fine.state, refused.state) == (State.SENT, State.QUEUED)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    assert "550" in refused.last_error
    assert [to for to, _bytes in server.mails] == ["kim@example.com"]


def test_a_server_that_goes_away_in_the_middle_gets_each_mail_once(port: int) -> None:
    for number in range(4):
        queued(f"person{number}@example.com")
    first = MailServer(port, drops_after=2)
    delivery.deliver()
    first.close()
    assert OutgoingMail.objects.filter(state=State.SENT).count() == 2
    second = MailServer(port)
    OutgoingMail.objects.update(due_at=timezone.now())
    delivery.deliver()
    second.close()
    assert len({to for to, _bytes in first.mails + second.mails}) == 4
    assert len(first.mails + second.mails) == 4


def test_after_three_days_a_mail_has_failed_loudly_and_can_be_retried(
    client: Client, port: int, caplog: pytest.LogCaptureFixture
) -> None:
    row = queued()
    delivery.deliver()
    OutgoingMail.objects.update(give_up_at=timezone.now() - datetime.timedelta(seconds=1))
    with caplog.at_level(logging.ERROR):
        delivery.deliver()
    row.refresh_from_db()
    assert (row.state, "given up" in caplog.text) == (State.FAILED, True)
    assert AuditEvent.objects.of(row).get().action == "mail.fail"
    client.force_login(root())
    html = client.get("/mails/").content.decode()
    assert row.subject in html
    assert "secret" not in client.get(f"/mails/{row.pk}/").content.decode()
    server = MailServer(port)
    client.post(f"/mails/{row.pk}/retry/")
    delivery.deliver()
    server.close()
    assert len(server.mails) == 1


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_mail_once(server: MailServer) -> None:
    for number in range(30):
        queued(f"person{number}@example.com")
    both = threading.Barrier(2)

    def send() -> None:
        both.wait()
        delivery.deliver()
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(send), pool.submit(send)]:
            future.result()
    assert sorted(to for to, _bytes in server.mails) == sorted({row.to for row in OutgoingMail.objects.all()})
    assert not OutgoingMail.objects.unsent().exists()


def test_without_a_server_mails_are_files_that_operators_read_on_a_page(client: Client) -> None:
    row = queued()
    delivery.deliver()
    row.refresh_from_db()
    file = folder.path_of(row)
    assert (row.state, bytes(row.message)) == (State.SENT, b"")
    assert file.stat().st_mode & 0o777 == 0o600
    reader = root()
    client.force_login(reader)
    assert row.subject in client.get("/mails/").content.decode()
    assert 'href="https://lms/reset/secret"' in client.get(f"/mails/{row.pk}/").content.decode()
    assert AuditEvent.objects.by_actor(reader).get().action == "mail.read"
    file.unlink()
    assert "does not have this mail any more" in client.get(f"/mails/{row.pk}/").content.decode()


def test_mails_are_for_those_with_the_permission_only(client: Client) -> None:
    row = queued("charlie@example.com")
    assert client.get("/mails/").status_code == 302
    client.force_login(User.objects.create_user("charlie", "secret", email="charlie@example.com"))
    assert client.get("/mails/").status_code == 403
    assert client.get(f"/mails/{row.pk}/").status_code == 403
    assert client.post(f"/mails/{row.pk}/retry/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_mails_takes_few_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for _number in range(count):
        queued()
    client.force_login(root())
    with django_assert_max_num_queries(8):
        assert client.get("/mails/").content.decode().count("비밀번호 재설정") == count


def age(mail: OutgoingMail, days: int) -> None:
    """As if it had been queued and, where it was, sent so long ago."""
    at = timezone.now() - datetime.timedelta(days=days)
    if (path := folder.path_of(mail)).exists():
        os.utime(path, (at.timestamp(), at.timestamp()))
    OutgoingMail.objects.filter(pk=mail.pk).update(created_at=at)
    OutgoingMail.objects.filter(pk=mail.pk, state=State.SENT).update(sent_at=at)


def test_sent_mails_and_their_files_go_after_their_time(settings: Settings) -> None:
    settings.MAIL_KEEP_DAYS = 30
    old, young = queued(), queued()
    delivery.deliver()
    age(old, 31)
    age(young, 29)
    kept = [path.name for path in Path(settings.MAIL_FOLDER).iterdir() if str(young.pk) in path.name]
    assert len(kept) == 1
    keeping.remove_old()
    assert list(OutgoingMail.objects.all()) == [young]
    assert [path.name for path in Path(settings.MAIL_FOLDER).iterdir()] == kept


def test_what_was_never_sent_or_must_not_be_sent_twice_stays(settings: Settings) -> None:
    once = queued(key="welcome:kim")
    delivery.deliver()
    waiting, failed = queued(), queued()
    OutgoingMail.objects.filter(pk=failed.pk).update(state=State.FAILED)
    for mail in (once, waiting, failed):
        age(mail, 400)
    keeping.remove_old()
    assert set(OutgoingMail.objects.all()) == {once, waiting, failed}
    assert queued(key="welcome:kim") == once


def test_a_site_that_never_had_a_folder_has_nothing_to_remove(settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_FOLDER = tmp_path / "never"
    keeping.remove_old()
    assert not Path(settings.MAIL_FOLDER).exists()
