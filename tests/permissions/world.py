"""One world of objects in affiliate A, and everybody who might ask for them."""

from __future__ import annotations

import datetime
import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.admin import site
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponseBase
from django.test import Client
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from oauth2_provider.models import get_access_token_model

from courses.models import Course, CourseRun, Enrollment, Unit
from courses.services import complete_unit
from grading.models import Exercise, GradingJob, Submission, TestResult
from grading.services.grades import record_grade
from grading.services.submitting import submit_program
from people.models import (
    EmployeeNumber,
    Employment,
    IntegrationClient,
    JobFamily,
    JobRole,
    Leave,
    LoginCode,
    Notification,
    OrganizationUnit,
    Person,
    Role,
    User,
)
from people.services.employments import hire
from records import artifacts, live
from records.models import DispatcherLease, LongJob, OutgoingMail
from tests import factories

# In every text of affiliate A, and nowhere else: whoever reads it has seen something of theirs.
MARK = "quokka"
AFFILIATE = f"{MARK} works"


class Visitor:
    """Somebody at a browser, or a machine with its token, who forgets between two requests."""

    def __init__(self, role: str, user: User | None = None, *, bearer: str = "") -> None:
        self.role = role
        headers = {"accept-language": "en"} | ({"authorization": f"Bearer {bearer}"} if bearer else {})
        self._client = Client(raise_request_exception=False, headers=headers)
        if user and not bearer:
            self._client.force_login(user)
            self._have_just_typed_the_password(user)
        self._cookies = self._client.cookies.output(header="", sep=";")

    def _have_just_typed_the_password(self, user: User) -> None:
        """As after a real login: else every page about factors asks for it before it looks at anything."""
        request = HttpRequest()
        request.session = self._client.session
        record_authentication(request, user, "password")
        request.session.save()

    def speak(self, language: str) -> None:
        self._client.defaults["HTTP_ACCEPT_LANGUAGE"] = language

    def ask(self, method: str, path: str, query: Mapping[str, str]) -> HttpResponseBase:
        self._client.cookies.clear()
        self._client.cookies.load(self._cookies)
        return self._client.generic(method, path, query_params=query)


@dataclass(frozen=True)
class World:
    affiliate: OrganizationUnit
    owner: Person
    admin: Person
    role: Role
    course: Course
    run: CourseRun
    lesson: Unit
    exercise: Exercise
    enrollment: Enrollment
    submission: Submission
    program_unit: Unit
    program: Submission
    result: TestResult
    notification: Notification
    token: str
    employment: Employment
    second_job: Employment
    leave: Leave
    job_role: JobRole
    long_job: LongJob
    mail: OutgoingMail
    passkey: Authenticator
    session: UserSession
    reset_key: str
    reset_token: str
    # The key of some row of each model that operators can look at, by its kind (`people_person`).
    rows: SimpleNamespace
    visitors: list[Visitor]
    an_app: str = "people"
    image: str = "figure.png"
    error_code: str = "403"

    def value(self, path: str) -> str:
        return str(attrgetter(path)(self))


def create_world() -> World:
    a, b = factories.affiliate("alpha"), factories.affiliate("beta")
    OrganizationUnit.objects.filter(pk=a.pk).update(name={"en": AFFILIATE.title()})
    boss = factories.person(f"{MARK}-boss", at=a)
    owner = factories.person(f"{MARK}-owner", at=a, manager=boss)
    neighbour = factories.person(f"{MARK}-neighbour", at=a)
    factories.person(f"{MARK}-other", at=a, manager=neighbour)
    admin = factories.admin(at=a)
    run = _course_of(a, slug="course-of-a", title=MARK.title())
    visitors = [
        Visitor("anonymous"),
        *_outsiders(b),
        _machine(b),
        Visitor("owner", owner.user),
        Visitor("boss", boss.user),
        Visitor("neighbour", neighbour.user),
        Visitor("teacher", factories.instructor(run, at=a).user),
        Visitor("admin", admin.user),
        Visitor("group_admin", factories.admin(Role.Kind.GROUP_ADMIN).user),
        Visitor("operator", factories.admin(Role.Kind.OPERATOR).user),
        Visitor("staff", _staff()),
    ]
    return World(
        affiliate=a,
        owner=owner,
        admin=admin,
        role=admin.roles.get(),
        visitors=visitors,
        notification=Notification.objects.create(
            person=owner, kind="test", key=MARK, text={"en": MARK}, url="/"
        ),
        **_taken(run, owner),
        **_employed(owner),
        long_job=LongJob.objects.create(
            kind=MARK,
            requested_by=owner.user,
            note={"en": MARK},
            result_key=artifacts.store_file(io.BytesIO(MARK.encode())).key,
            result_name="export.csv",
        ),
        mail=OutgoingMail.objects.create(
            to=owner.user.email, sender="maru@example.com", subject=MARK, message=b"Subject: 1\n\n1"
        ),
        **_signing_in(owner.user),
        rows=_rows(),
    )


def admin_kinds() -> list[str]:
    """`people_person` and so on: the models of the operators' admin, as its addresses call them."""
    return [f"{model._meta.app_label}_{model._meta.model_name}" for model in site._registry]  # noqa: SLF001


def _rows() -> SimpleNamespace:
    """Raises LookupError for a model without a row: its page would go unasked."""
    models = dict(zip(admin_kinds(), site._registry, strict=True))  # noqa: SLF001
    found = {kind: model._default_manager.order_by("pk").first() for kind, model in models.items()}  # noqa: SLF001
    if missing := [kind for kind, row in found.items() if row is None]:
        raise LookupError(f"create_world makes no {', '.join(missing)}")
    return SimpleNamespace(**{kind: row.pk for kind, row in found.items() if row is not None})


def _signing_in(user: User) -> dict[str, Any]:
    """What opens the account of `user`: a passkey, a session elsewhere, a link that sets a password."""
    LoginCode.objects.create(user=user, code_hash="!", expires_at=timezone.now(), issued_by=user)
    DispatcherLease.objects.create(name="dispatcher", until=timezone.now())
    AccessAttempt.objects.create(username=MARK, failures_since_start=1)
    key = {"name": MARK, "credential": {}}
    return {
        "passkey": Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=key),
        "session": UserSession.objects.create(
            user=user, ip="192.0.2.1", session_key="of-another-browser", user_agent=MARK
        ),
        "reset_key": urlsafe_base64_encode(force_bytes(user.pk)),
        "reset_token": default_token_generator.make_token(user),
    }


def _course_of(unit: OrganizationUnit, *, slug: str, title: str) -> CourseRun:
    run = factories.course(slug=slug)
    run.course.open_to.set([unit])
    texts = {"owner": unit, "title": {"en": title}, "summary": {"en": title}, "skills": [title]}
    Course.objects.filter(pk=run.course_id).update(**texts)
    image = {"body": {"en": title}, "images": {World.image: artifacts.store(b"picture")}}
    Unit.objects.filter(version=run.version, kind="reading").update(content=image)
    Unit.objects.filter(version=run.version).update(title={"en": title})
    return CourseRun.objects.select_related("course", "version").get(pk=run.pk)


def _taken(run: CourseRun, owner: Person) -> dict[str, Any]:
    """What comes of it that `owner` takes the course: an attempt, graded but for what waits for the teacher."""
    enrollment = factories.enrollment(run, owner)
    lesson = Unit.objects.get(version=run.version, kind="reading")
    complete_unit(enrollment, unit=lesson, rule="read", by=owner.user)
    submission = factories.submit(enrollment, factories.answered(factories.adding(), why=MARK))
    job = GradingJob.objects.get(submission=submission)
    job.state, job.raw_result = GradingJob.State.GRADED, {"status": "ok"}
    job.save(update_fields=["state", "raw_result"])
    result = job.results.create(position=1, name="why", max_points=5, by_hand=True)
    record_grade(submission, by=None)
    exercise = factories.program_in(run.version)
    click: dict[str, Any] = {"idempotency_key": uuid.uuid4(), "by": owner.user}
    program = submit_program(exercise, enrollment=enrollment, files={"program.py": MARK}, **click)
    return {
        "course": run.course,
        "run": run,
        "lesson": lesson,
        "exercise": factories.exercise_of(run),
        "enrollment": enrollment,
        "submission": submission,
        "program_unit": exercise.unit,
        "program": program,
        "result": result,
        "token": live.token(f"job:{job.pk}", owner.user_id),
    }


def _employed(owner: Person) -> dict[str, Any]:
    family = JobFamily.objects.create(code="family", name={"en": "Family"})
    employment = owner.employments.select_related("unit").get()
    EmployeeNumber.objects.create(person=owner, affiliate=employment.unit, number=MARK)
    tomorrow = employment.unit.today() + datetime.timedelta(days=1)
    return {
        "employment": employment,
        "second_job": hire(owner, unit=employment.unit, on=employment.unit.today(), primary=False, by=None),
        "leave": Leave.objects.create(person=owner, kind=Leave.Kind.STUDY, starts_on=tomorrow),
        "job_role": JobRole.objects.create(code="job", family=family, name={"en": "Job"}),
    }


def _outsiders(unit: OrganizationUnit) -> list[Visitor]:
    run = _course_of(unit, slug="course-of-b", title="Elsewhere")
    manager = factories.person(at=unit)
    learner = factories.person(at=unit, manager=manager)
    factories.enrollment(run, learner)
    return [
        Visitor("learner", learner.user),
        Visitor("manager", manager.user),
        Visitor("instructor", factories.instructor(run, at=unit).user),
        Visitor("training_admin", factories.admin(at=unit).user),
        Visitor("partner", factories.partner(of=unit).user),
    ]


def _staff() -> User:
    """Who holds all of Django's permissions."""
    user = factories.person().user
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    factories.second_factor(user)
    return user


def _machine(unit: OrganizationUnit) -> Visitor:
    client = IntegrationClient.objects.create(
        name="HR of B",
        affiliate=unit,
        service_user=User.objects.create_user("hr-of-b"),
        client_type=IntegrationClient.CLIENT_CONFIDENTIAL,
        authorization_grant_type=IntegrationClient.GRANT_CLIENT_CREDENTIALS,
    )
    token = get_access_token_model().objects.create(
        application=client,
        user=client.service_user,
        token="token-of-b",
        scope="read write",
        expires=timezone.now() + datetime.timedelta(hours=1),
    )
    return Visitor("client", client.service_user, bearer=token.token)
