"""What people are told, once, in their language, and by mail only as they want it."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone
from django.utils.translation import get_language
from pytest_django import DjangoAssertNumQueries

from courses.services import enroll
from grading import queue
from grading.models import GradingJob, TestResult
from grading.services.grades import grade_by_hand, record_grade
from people.models import Notification, Person
from people.services import standing
from people.services.employments import transfer
from people.services.notifications import choose_mail, notify
from people.services.people import reinstate, suspend, update_person
from people.services.roles import give_role, take_role
from records.models import AuditEvent, OutgoingMail
from tests import factories

pytestmark = pytest.mark.django_db


def told(person: Person) -> list[str]:
    return [str(row.text) for row in Notification.objects.filter(person=person).order_by("created_at")]


def hello(person: Person, key: str = "hello", **more: Any) -> Notification | None:
    return notify(person, kind="roles", key=key, text="Hello.", **more)


def test_the_same_key_tells_once(mailoutbox: list[EmailMessage]) -> None:
    reader, other = factories.person(), factories.person()
    assert hello(reader) is not None
    assert hello(reader) is None
    assert hello(other) is None
    assert told(reader) == ["Hello."]
    assert [mail.to for mail in mailoutbox] == [[reader.user.email]]


@pytest.mark.django_db(transaction=True)
def test_two_that_tell_at_once_tell_once() -> None:
    reader = factories.person()
    results: list[Notification | None] = []

    def tell() -> None:
        results.append(hello(reader))
        connection.close()

    with transaction.atomic():
        results.append(hello(reader))
        other = threading.Thread(target=tell)
        other.start()
        other.join(timeout=0.3)
        assert other.is_alive()  # it waits to see how this one ends
    other.join()
    assert [result is None for result in results] == [False, True]


def test_what_is_rolled_back_was_not_told_and_can_be_told_again() -> None:
    reader = factories.person()

    def fail() -> None:
        with transaction.atomic():
            hello(reader)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert told(reader) == []
    assert hello(reader) is not None


def test_the_text_is_kept_in_every_language() -> None:
    found = notify(factories.person(), kind="roles", key="k", text=lambda: f"in {get_language()}")
    assert found is not None
    assert Notification.objects.get(pk=found.pk).text == {"ko": "in ko", "en": "in en"}


@pytest.mark.parametrize(
    ("chosen", "affiliate", "body"), [("", "en", "in en"), ("ko", "en", "in ko"), ("", "xx", "in ko")]
)
def test_a_mail_is_in_the_persons_language_else_the_affiliates(
    chosen: str, affiliate: str, body: str, mailoutbox: list[EmailMessage]
) -> None:
    reader = factories.person()
    reader.user.language = chosen
    assert reader.affiliate is not None
    reader.affiliate.locale = affiliate
    notify(reader, kind="roles", key="k", text=lambda: f"in {get_language()}", url="/teaching/")
    assert body in mailoutbox[0].body


def test_a_mail_names_its_reader_leads_into_the_site_and_says_where_to_change_it(
    mailoutbox: list[EmailMessage], settings: Any
) -> None:
    settings.SITE_URL = "https://learn.example"
    reader = factories.person("kim")
    reader.user.language = "en"
    hello(reader, url="/teaching/")
    mail = mailoutbox[0]
    assert mail.subject == "Your roles · Maru Academy"
    assert "Hello Kim,\n\nHello.\n" in mail.body
    assert "\nhttps://learn.example/teaching/\n" in mail.body
    assert "because you get “Your roles” by mail" in mail.body
    assert "https://learn.example/notifications/#mail" in mail.body


def test_no_mail_goes_to_closed_accounts_without_an_address_or_against_the_choice(
    mailoutbox: list[EmailMessage],
) -> None:
    reader = factories.person()
    hello(reader, key="1", mail=False)
    choose_mail(reader, choices={"roles": False, "account": False}, by=reader.user)
    reader.refresh_from_db()
    hello(reader, key="2")
    assert mailoutbox == []
    notify(reader, kind="account", key="3", text="Your password changed.")
    assert len(mailoutbox) == 1  # nobody can silence what concerns the account's safety
    choose_mail(reader, choices={"roles": True}, by=reader.user)
    reader.refresh_from_db()
    reader.user.email = ""
    hello(reader, key="4")
    reader.user.email, reader.user.is_active = "a@example.com", False
    hello(reader, key="5")
    assert len(mailoutbox) == 1
    assert len(told(reader)) == 5


def test_the_database_refuses_an_address_elsewhere() -> None:
    reader = factories.person()
    for url in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        with pytest.raises(IntegrityError), transaction.atomic():
            hello(reader, key=url, url=url)


# ---------- the page ----------


def test_opening_marks_as_read_and_leads_on(client: Client) -> None:
    reader = factories.person()
    first, second = hello(reader, key="1", url="/teaching/"), hello(reader, key="2")
    assert first
    assert second
    client.force_login(reader.user)
    assert (
        "Notifications, 2 unread" in client.get("/notifications/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    )
    assert client.get(f"/notifications/{first.pk}/").headers["Location"] == "/teaching/"
    assert client.get(f"/notifications/{second.pk}/").headers["Location"] == "/notifications/"
    assert not reader.notifications.unread().exists()


def test_nobody_opens_or_reads_what_somebody_else_was_told(client: Client) -> None:
    found, charlie = hello(factories.person()), factories.person()
    assert found
    client.force_login(charlie.user)
    assert client.get(f"/notifications/{found.pk}/").status_code == 404
    assert "Hello." not in client.get("/notifications/").content.decode()
    client.post("/notifications/read/")
    found.refresh_from_db()
    assert found.read_at is None


def test_all_are_marked_as_read_at_once(client: Client) -> None:
    reader = factories.person()
    for number in range(11):
        hello(reader, key=str(number))
    client.force_login(reader.user)
    page = client.get("/notifications/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "more than 9 unread" in page
    assert "9+" in page
    after = client.post("/notifications/read/", follow=True, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "11 notifications are marked as read." in after
    assert "New" not in after.replace("Newest", "").replace("newest", "")


def test_what_comes_by_mail_is_chosen_on_the_page(client: Client) -> None:
    reader = factories.person()
    client.force_login(reader.user)
    answer = client.post("/notifications/mail/", {"kinds": ["grades"]})
    assert answer.status_code == 302
    reader.refresh_from_db()
    assert reader.mail_choices["grades"] is True
    assert reader.mail_choices["roles"] is False
    assert "account" not in reader.mail_choices
    assert client.post("/notifications/mail/", {"kinds": ["nonsense"]}).status_code == 422


def test_an_empty_page_says_what_will_be_there(client: Client) -> None:
    client.force_login(factories.person().user)
    page = client.get("/notifications/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Nothing was told to you yet" in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_costs_the_same_for_one_and_for_three(
    client: Client, number: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    reader = factories.person()
    for row in range(number):
        hello(reader, key=str(row))
    client.force_login(reader.user)
    with django_assert_max_num_queries(8):
        client.get("/notifications/")


def test_the_list_is_paged(client: Client) -> None:
    reader = factories.person()
    for number in range(31):
        notify(reader, kind="roles", key=str(number), text=f"Number {number}.")
    client.force_login(reader.user)
    first = client.get("/notifications/")
    assert "Number 30." in first.content.decode()
    assert "Number 0." not in first.content.decode()
    second = client.get(first.context["next_url"]).content.decode()
    assert "Number 0." in second


# ---------- who is told what ----------


def test_roles_given_and_taken_are_told() -> None:
    boss, person = factories.admin("group_admin"), factories.person()
    role = give_role(person, kind="training_admin", unit=factories.affiliate(), by=boss.user)
    give_role(person, kind="training_admin", unit=factories.affiliate(), by=boss.user)
    take_role(role, by=boss.user)
    assert told(person) == [
        "You have a new role: Training admin · Electronics.",
        "You no longer have this role: Training admin · Electronics.",
    ]
    assert {row.url for row in Notification.objects.filter(person=person)} == {"/people/me/"}


def test_closing_and_opening_an_account_is_always_mailed(mailoutbox: list[EmailMessage]) -> None:
    boss, person = factories.admin("group_admin"), factories.person()
    mailoutbox.clear()
    suspend(person, reason="secret reason", by=boss.user)
    reinstate(person, by=boss.user)
    assert [mail.to for mail in mailoutbox] == [[person.user.email]] * 2
    assert "secret reason" not in mailoutbox[0].body


def test_another_email_is_told_to_the_one_before_in_the_persons_language(
    mailoutbox: list[EmailMessage],
) -> None:
    boss, person = factories.admin("group_admin"), factories.person("kim")
    person.user.language = "ko"
    person.user.save(update_fields=["language"])
    mailoutbox.clear()
    update_person(person, name=dict(person.name), email="Kim@example.com", by=boss.user)
    update_person(person, name={"en": "Kim"}, email="Kim@example.com", by=boss.user)
    assert mailoutbox == []
    update_person(person, name={"en": "Kim"}, email="thief@example.com", by=boss.user)
    [mail] = mailoutbox
    assert mail.to == ["Kim@example.com"]
    assert "관리자가 계정의 이메일을 바꿨어요" in mail.body
    assert "thief" not in mail.body


def test_a_refused_email_is_told_to_nobody(settings: Any) -> None:
    settings.EMAIL_BACKEND = "records.mail.outbox.OutboxBackend"
    boss, person = factories.admin("group_admin"), factories.person("kim")
    with pytest.raises(ValidationError):
        update_person(person, name={"en": "Kim"}, email=boss.user.email, by=boss.user)
    assert not OutgoingMail.objects.filter(to=person.user.email).exists()
    assert told(person) == []


def test_a_planned_transfer_is_told_on_its_day_and_to_the_new_manager(mailoutbox: list[EmailMessage]) -> None:
    chemical = factories.affiliate("chemical")
    boss, person = factories.person("boss", at=chemical), factories.person("kim")
    tomorrow = chemical.today() + datetime.timedelta(days=1)
    transfer(person, unit=chemical, on=tomorrow, manager=boss, by=None)
    standing.take_effect()
    assert told(person) == told(boss) == []
    Person.objects.filter(pk=person.pk).update(next_change_at=timezone.now())
    with pytest.MonkeyPatch.context() as patch:
        later = timezone.now() + datetime.timedelta(days=2)
        patch.setattr(timezone, "now", lambda: later)
        assert standing.take_effect() == 1
        assert standing.take_effect() == 0
    assert told(person) == ["Where you work from today: Chemical."]
    assert told(boss) == ["Kim reports to you from today."]
    assert mailoutbox == []


def test_who_is_enrolled_by_somebody_else_is_told() -> None:
    run, person, boss = factories.course(), factories.person(), factories.person()
    enroll(person, course=run.course, by=boss.user)
    enroll(person, course=run.course, by=boss.user)
    assert told(person) == ["You were enrolled in “Adding up”. Start whenever you like."]
    own = factories.person()
    enroll(own, course=run.course, by=own.user)
    assert told(own) == []


@pytest.fixture
def judged() -> Callable[[], GradingJob]:
    """A graded attempt with two essays that wait, as the engine leaves it."""
    run = factories.course()
    factories.instructor(run)

    def make() -> GradingJob:
        submission = factories.submit(factories.enrollment(run), factories.answered(factories.adding()))
        job: GradingJob = submission.job
        GradingJob.objects.filter(pk=job.pk).update(state="graded", raw_result={})
        for position, name in enumerate(("why", "how"), start=1):
            TestResult.objects.create(job=job, position=position, name=name, max_points=5, by_hand=True)
        record_grade(submission, by=None)
        job.refresh_from_db()
        return job

    return make


def test_the_engines_grade_is_told_without_a_mail_and_instructors_hear_once_a_day(
    judged: Callable[[], GradingJob], mailoutbox: list[EmailMessage]
) -> None:
    jobs = [judged(), judged()]
    learner = jobs[0].submission.enrollment.person
    assert told(learner) == ["“Adding”, attempt 1, has a grade: 0 of 10 points."]
    teacher = Person.objects.get(course_roles__isnull=False)
    assert told(teacher) == ["Answers in “Adding up” wait for your points."]
    assert [mail.to for mail in mailoutbox] == [[teacher.user.email]]


def test_points_by_hand_are_told_when_nothing_waits_any_more_and_corrections_too(
    judged: Callable[[], GradingJob], mailoutbox: list[EmailMessage]
) -> None:
    job, teacher = judged(), Person.objects.get(course_roles__isnull=False)
    mailoutbox.clear()
    why, how = job.results.order_by("position")
    grade_by_hand(why, points=2.5, comment="", by=teacher.user)
    assert mailoutbox == []
    grade_by_hand(how, points=5, comment="", by=teacher.user)
    grade_by_hand(how, points=4, comment="", by=teacher.user)
    learner = job.submission.enrollment.person
    assert told(learner)[1:] == [
        "The grade of “Adding”, attempt 1, is now 7.5 of 10 points.",
        "The grade of “Adding”, attempt 1, is now 6.5 of 10 points.",
    ]
    assert [mail.to for mail in mailoutbox] == [[learner.user.email]] * 2


def test_whoever_sees_the_result_needs_no_bell_for_it(
    client: Client, judged: Callable[[], GradingJob]
) -> None:
    job = judged()
    learner = job.submission.enrollment.person
    assert learner.notifications.unread().count() == 1
    client.force_login(learner.user)
    client.get(f"/submissions/{job.submission_id}/")
    assert not learner.notifications.unread().exists()


def test_a_fault_of_ours_that_ends_an_attempt_is_told_once() -> None:
    submission = factories.submit(
        factories.enrollment(factories.course()), factories.answered(factories.adding())
    )
    for _ in range(queue.MAX_FAULTS):
        GradingJob.objects.update(claimable_at=timezone.now() - datetime.timedelta(hours=1))
        job = queue.claim("cpu")
        assert job is not None
        queue.count_fault(job, failure="secret")
    [sentence] = told(submission.enrollment.person)
    assert "attempt 1: a fault of ours, which uses up no attempt" in sentence
    assert "secret" not in sentence


def test_choosing_mails_is_on_record() -> None:
    person = factories.person()
    choose_mail(person, choices={"roles": False}, by=person.user)
    event = AuditEvent.objects.get(action="person.choose_mail")
    assert (event.before, event.after, event.subject) == ({}, {"roles": False}, person.user)
