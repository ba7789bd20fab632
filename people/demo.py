"""The sample group: two affiliates and eight people who show what the site does."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction

from people.models import OrganizationUnit, Person, Role, User
from people.services.employments import hire
from people.services.people import create_person
from people.services.roles import give_role

STARTED = datetime.date(2024, 3, 4)
Kind = OrganizationUnit.Kind

# code, kind, parent's code, name
UNITS = (
    ("maru", Kind.GROUP, None, {"en": "Maru Group", "ko": "마루그룹"}),
    ("maru-electronics", Kind.AFFILIATE, "maru", {"en": "Maru Electronics", "ko": "마루전자"}),
    ("maru-chemical", Kind.AFFILIATE, "maru", {"en": "Maru Chemical", "ko": "마루화학"}),
    ("electronics-ai", Kind.DEPARTMENT, "maru-electronics", {"en": "AI Centre", "ko": "AI센터"}),
    ("chemical-process", Kind.DEPARTMENT, "maru-chemical", {"en": "Process Innovation", "ko": "공정혁신팀"}),
)


@dataclass(frozen=True)
class DemoPerson:
    username: str
    ko: str
    en: str
    unit: str
    manager: str | None
    title_ko: str
    title_en: str


PEOPLE = (
    DemoPerson("group-admin", "최은서", "Eunseo Choi", "maru", None, "그룹 교육 총괄", "Group learning lead"),
    DemoPerson(
        "operator", "정태윤", "Taeyoon Jung", "maru", "group-admin", "플랫폼 운영", "Platform operations"
    ),
    DemoPerson(
        "training-admin",
        "한소율",
        "Soyul Han",
        "maru-electronics",
        "group-admin",
        "교육 담당",
        "Training administrator",
    ),
    DemoPerson(
        "manager", "박도윤", "Doyun Park", "electronics-ai", "group-admin", "AI센터장", "Head of AI Centre"
    ),
    DemoPerson(
        "instructor", "이서연", "Seoyeon Lee", "electronics-ai", "manager", "데이터 과학 강사", "Instructor"
    ),
    DemoPerson(
        "learner", "김지우", "Jiwoo Kim", "electronics-ai", "manager", "공정 엔지니어", "Process engineer"
    ),
    DemoPerson(
        "colleague", "강민재", "Minjae Kang", "chemical-process", "group-admin", "공정혁신팀장", "Team lead"
    ),
    DemoPerson(
        "learner2", "오하린", "Harin Oh", "chemical-process", "colleague", "품질 엔지니어", "Quality engineer"
    ),
)
ROLES = (
    (Role.Kind.GROUP_ADMIN, "group-admin", "maru"),
    (Role.Kind.OPERATOR, "operator", "maru"),
    (Role.Kind.TRAINING_ADMIN, "training-admin", "maru-electronics"),
)


def demo_password() -> str:
    return os.environ.get("DEMO_PASSWORD", "demo")


@transaction.atomic
def seed_people() -> None:
    """Create what is missing of the sample group; existing rows stay as they are."""
    units: dict[str, OrganizationUnit] = {}
    for code, kind, parent, name in UNITS:
        units[code], _created = OrganizationUnit.objects.get_or_create(
            code=code, defaults={"kind": kind, "parent": units[parent] if parent else None, "name": name}
        )
    password = make_password(demo_password())  # one slow hash for all: it is no secret
    for demo in PEOPLE:
        _seed_person(demo, units[demo.unit], password)
    for role, username, unit_code in ROLES:
        give_role(Person.objects.get(user__username=username), kind=role, unit=units[unit_code], by=None)


def _seed_person(demo: DemoPerson, unit: OrganizationUnit, password: str) -> None:
    if User.objects.filter(username=demo.username).exists():
        return
    name = {"en": demo.en, "ko": demo.ko}
    person = create_person(name=name, email=f"{demo.username}@maru.example", by=None)
    User.objects.filter(pk=person.user_id).update(username=demo.username, password=password, is_demo=True)
    hire(
        person,
        unit=unit,
        on=STARTED,
        manager=Person.objects.get(user__username=demo.manager) if demo.manager else None,
        job_title={"en": demo.title_en, "ko": demo.title_ko},
        by=None,
    )
