"""The sample group and the large one hold together: every rule of the database, and pages that open."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.test import TestCase, override_settings
from django.utils import timezone

from courses.models import Course, Enrollment, UnitCompletion
from grading import checked
from grading.judging import judge
from grading.models import Exercise, Grade, Submission, TestResult, reaches_cutoff
from lms.seed import scale
from lms.seed.answers import ATTEMPTS, handed_in, rebuilt, recorded_attempts
from people.models import Notification, OrganizationUnit, Person, User
from people.notification_kinds import known_kinds
from people.services.notifications import is_mailed
from people.services.standing import apply_standing, held
from records.models import AuditEvent, LongJob
from sandbox import Result

ACCOUNTS = (
    "learner",
    "learner2",
    "manager",
    "instructor",
    "group-admin",
    "training-admin",
    "operator",
    "colleague",
)


class TestSampleGroup(TestCase):
    """Seeded once for all."""

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("seed_demo", verbosity=0)

    def test_it_tells_a_year(self) -> None:
        assert Person.objects.count() == 600
        assert OrganizationUnit.objects.affiliates().count() == 12
        assert Course.objects.count() == 24
        assert set(Person.objects.values_list("status", flat=True)) == {
            "active",
            "on_leave",
            "left",
            "planned",
        }
        assert not AuditEvent.objects.filter(at__gt=timezone.now()).exists()
        assert Notification.objects.unread().filter(person__user__username="learner").exists()
        assert Person.objects.filter(manager__user__username="manager").count() == 12

    def test_notifications_are_of_kinds_that_there_are(self) -> None:
        kinds = {kind.name for kind in known_kinds()}
        assert set(Notification.objects.values_list("kind", flat=True)) <= kinds

    def test_mails_stay_in_the_folder_and_with_a_server_there_are_none(self) -> None:
        mailed = Notification.objects.filter(is_mailed=True).values_list("kind", flat=True)
        assert set(mailed) <= {"roles"}  # the three accounts that were given one
        with override_settings(MAIL_DELIVERY="django.core.mail.backends.smtp.EmailBackend"):
            for person in Person.objects.filter(user__is_demo=True).select_related("user"):
                assert not any(is_mailed(person, kind) for kind in known_kinds()), str(person)

    def test_the_operator_finds_mails_and_background_work(self) -> None:
        self.client.force_login(User.objects.get(username="operator"))
        page = self.client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
        assert 'href="/mails/"' in page
        assert 'href="/jobs/"' in page
        assert self.client.get("/mails/").status_code == 200

    def test_seeding_again_changes_nothing(self) -> None:
        models = (Person, Enrollment, Submission, AuditEvent, Course, Notification)
        before = [model.objects.count() for model in models]
        call_command("seed_demo", verbosity=0)
        assert [model.objects.count() for model in models] == before

    def test_people_stand_where_the_services_say(self) -> None:
        for person in Person.objects.order_by("sort_key")[::7]:
            assert not apply_standing(held(person), by=None), str(person)

    def test_completions_follow_from_grades(self) -> None:
        completed = set(UnitCompletion.objects.values_list("enrollment", "unit_key"))
        current = Grade.objects.filter(superseded_by=None).select_related("submission__exercise__unit")
        for grade in current:
            submission, exercise = grade.submission, grade.submission.exercise
            if reaches_cutoff(grade.final, grade.max_points, exercise.cutoff):
                assert (submission.enrollment_id, exercise.unit.key) in completed

    def test_every_account_opens_its_home(self) -> None:
        for account in ACCOUNTS:
            self.client.force_login(User.objects.get(username=account))
            assert "data-theme" in self.client.get("/").content.decode(), account

    def test_the_pages_of_old_attempts_open(self) -> None:
        self.client.force_login(User.objects.get(username="instructor"))
        for submission in Submission.objects.order_by("pk")[::60]:
            page = self.client.get(f"/submissions/{submission.pk}/").content.decode()
            assert str(submission.enrollment.person) in page or "data-final" in page
        assert TestResult.objects.filter(by_hand=True, points=None).exists()

    def test_the_learner_goes_on_where_they_stopped(self) -> None:
        self.client.force_login(User.objects.get(username="learner"))
        page = self.client.get("/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
        assert "First GPU kernel" in page
        assert "12 / 12" in page

    @pytest.mark.sandbox
    @pytest.mark.slow
    def test_recorded_attempts_are_what_the_sandbox_says_today(self) -> None:
        from tests.record_attempts import result_of

        for exercise in Exercise.objects.select_related("unit"):
            recorded = recorded_attempts(exercise)
            for name, changes in ATTEMPTS[exercise.unit.key].items():
                if exercise.kind == Exercise.Kind.CHECKED:  # fresh inputs and times: the points are the same
                    cases: Any = checked.verdicts(result_of(exercise, name))
                    said = [(case.name, round(case.points), case.reason) for case in cases]
                    assert said == [(v.name, round(v.points or 0), v.reason) for v in recorded[name].verdicts]
                    continue
                built = rebuilt(exercise, handed_in(exercise, changes)).notebook
                today = judge(built, Result.from_json(json.dumps(result_of(exercise, name))))
                assert [_without_thread(v) for v in today] == [
                    _without_thread(v) for v in recorded[name].verdicts
                ]


def _without_thread(verdict: Any) -> Any:
    """The GPU simulator names the thread that failed, and its threads race."""
    return replace(verdict, message=re.sub(r"tid=\[[\d, ]+\]", "tid=[…]", verdict.message))


@pytest.mark.django_db
def test_a_real_site_is_refused() -> None:
    User.objects.create_user("somebody", email="somebody@company.com")
    with pytest.raises(CommandError, match="real accounts"):
        call_command("seed_demo", verbosity=0)
    with pytest.raises(CommandError, match="real accounts"):
        call_command("seed_scale", people=100)


@pytest.mark.django_db(transaction=True)  # a thread of its own renews the lease
def test_the_large_group_goes_on_where_it_was_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "_AT_ONCE", 100)
    size = {"people": 300, "affiliates": 3, "courses": 5}

    class Interrupted(Exception):
        pass

    def stop(_plan: scale.Plan, _numbers: range) -> None:
        raise Interrupted

    with monkeypatch.context() as broken:
        broken.setattr(scale, "_learning", stop)
        with pytest.raises(Interrupted):
            call_command("seed_scale", **size)
    assert Person.objects.count() == 300
    assert not Enrollment.objects.exists()
    call_command("seed_scale", **size)
    assert LongJob.objects.get().state == LongJob.State.DONE
    assert Person.objects.count() == 300
    assert Enrollment.objects.count() > 300
    assert Person.objects.filter(manager=None).count() == 3
    with transaction.atomic():
        for person in Person.objects.order_by("id")[::37]:
            assert not apply_standing(held(person), by=None), str(person)
    with pytest.raises(CommandError, match="filled before"):
        call_command("seed_scale", **size)
