"""The two affiliates and eight accounts with which the sample group begins."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from lms.seed.organization import GROUP, JOB_FAMILIES, JOB_ROLES
from people.demo import demo_password
from people.models import JobFamily, JobRole, OrganizationUnit, Person, Role, User
from people.services.employments import hire
from people.services.people import create_person
from people.services.roles import give_role

STARTED = datetime.date(2024, 3, 4)
AI_CENTRE, PROCESS_INNOVATION = "electronics-ai", "chemical-process"
Kind = OrganizationUnit.Kind

# code, kind, parent's code, name
_UNITS = (
    (GROUP, Kind.GROUP, None, {"en": "Maru Group", "ko": "마루그룹"}),
    ("maru-electronics", Kind.AFFILIATE, GROUP, {"en": "Maru Electronics", "ko": "마루전자"}),
    ("maru-chemical", Kind.AFFILIATE, GROUP, {"en": "Maru Chemical", "ko": "마루화학"}),
    (AI_CENTRE, Kind.DEPARTMENT, "maru-electronics", {"en": "AI Centre", "ko": "AI센터"}),
    (PROCESS_INNOVATION, Kind.DEPARTMENT, "maru-chemical", {"en": "Process Innovation", "ko": "공정혁신팀"}),
)


@dataclass(frozen=True)
class DemoPerson:
    username: str
    ko: str
    en: str
    unit: str
    manager: str | None
    job_role: str
    title_ko: str
    title_en: str


# Whoever leads somebody stands before them.
_PEOPLE = (
    DemoPerson(
        "group-admin", "최은서", "Eunseo Choi", GROUP, None, "learning-designer",
        "그룹 교육 총괄", "Group learning lead"
    ),
    DemoPerson(
        "operator", "정태윤", "Taeyoon Jung", GROUP, "group-admin", "platform-engineer",
        "플랫폼 운영", "Platform operations",
    ),
    DemoPerson(
        "training-admin", "한소율", "Soyul Han", "maru-electronics", "group-admin", "learning-designer",
        "교육 담당", "Training administrator",
    ),
    DemoPerson(
        "manager", "박도윤", "Doyun Park", AI_CENTRE, "group-admin", "division-head", "AI센터장", "Head of AI Centre"
    ),
    DemoPerson(
        "instructor", "이서연", "Seoyeon Lee", AI_CENTRE, "manager", "data-scientist", "데이터 과학 강사", "Instructor"
    ),
    DemoPerson(
        "learner", "김지우", "Jiwoo Kim", AI_CENTRE, "manager", "process-engineer", "공정 엔지니어", "Process engineer"
    ),
    DemoPerson(
        "colleague", "강민재", "Minjae Kang", PROCESS_INNOVATION, "group-admin", "team-lead",
        "공정혁신팀장", "Team lead"
    ),
    DemoPerson(
        "learner2", "오하린", "Harin Oh", PROCESS_INNOVATION, "colleague", "quality-engineer",
        "품질 엔지니어", "Quality engineer",
    ),
)  # fmt: skip
_ROLES = (
    (Role.Kind.GROUP_ADMIN, "group-admin", GROUP),
    (Role.Kind.OPERATOR, "operator", GROUP),
    (Role.Kind.TRAINING_ADMIN, "training-admin", "maru-electronics"),
)


def seed_accounts() -> None:
    """Create what is missing; existing rows stay as they are. The caller's transaction."""
    units = {code: _unit(code, kind, parent, name) for code, kind, parent, name in _UNITS}
    families = {
        code: JobFamily.objects.get_or_create(code=code, defaults={"name": {"en": en, "ko": ko}})[0]
        for code, en, ko in JOB_FAMILIES
    }
    for code, family, en, ko in JOB_ROLES:
        defaults = {"family": families[family], "name": {"en": en, "ko": ko}}
        JobRole.objects.get_or_create(code=code, defaults=defaults)
    password = make_password(demo_password())  # one slow hash for all: it is no secret
    for demo in _PEOPLE:
        if not User.objects.filter(username=demo.username).exists():
            _create(demo, units[demo.unit], password)
    for role, username, unit_code in _ROLES:
        give_role(demo_person(username), kind=role, unit=units[unit_code], by=None)


def demo_person(username: str) -> Person:
    return Person.objects.select_related("user").get(user__username=username)


def _unit(code: str, kind: str, parent: str | None, name: dict[str, str]) -> OrganizationUnit:
    above = OrganizationUnit.objects.get(code=parent) if parent else None
    defaults = {"kind": kind, "parent": above, "name": name}
    return OrganizationUnit.objects.get_or_create(code=code, defaults=defaults)[0]


def _create(demo: DemoPerson, unit: OrganizationUnit, password: str) -> None:
    name = {"en": demo.en, "ko": demo.ko}
    person = create_person(name=name, email=f"{demo.username}@maru.example", by=None)
    User.objects.filter(pk=person.user_id).update(username=demo.username, password=password, is_demo=True)
    hire(
        person,
        unit=unit,
        on=STARTED,
        manager=demo_person(demo.manager) if demo.manager else None,
        job_role=JobRole.objects.get(code=demo.job_role),
        job_title={"en": demo.title_en, "ko": demo.title_ko},
        by=None,
    )
