"""The first person of an empty installation, who can let in everybody else."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from people.models import OrganizationUnit, Person, Role, User
from people.services.employments import hire
from people.services.people import create_person
from people.services.roles import give_role
from people.services.units import create_unit

Kind = OrganizationUnit.Kind


@transaction.atomic
def found_group(*, email: str, name: str, group_name: str) -> Person:
    """Whoever has `email`, or a new person, works in the group and is group admin and operator.

    Creates the group where there is none; done twice, it changes nothing twice. Raises ValidationError by field.
    """
    group = OrganizationUnit.objects.filter(kind=Kind.GROUP).first()
    if group is None:
        group = create_unit(
            kind=Kind.GROUP, parent=None, code="group", name={"en": group_name, "ko": group_name}, by=None
        )
    account = User.objects.with_email(email.strip()).first()
    person = Person.objects.filter(user=account).first() if account else None
    if person is None:
        if not email.strip():
            raise ValidationError({"email": _("Give the e-mail of the first admin.")})
        person = create_person(name={"en": name, "ko": name}, email=email, by=None)
        hire(person, unit=group, on=group.today(), by=None)
    person = Person.objects.select_related("user").get(pk=person.pk)
    for kind in (Role.Kind.GROUP_ADMIN, Role.Kind.OPERATOR):
        give_role(person, kind=kind, unit=group, by=None)
    return person
