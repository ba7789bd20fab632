"""Who may read which events."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from people.models import OrganizationUnit, Person, User
from people.reach import reach_of
from records.models import AuditEvent


class Reach:
    """What the roles of `user` open of the audit log."""

    def __init__(self, user: User) -> None:
        self.user = user
        found = reach_of(user)
        self.is_whole, self.affiliates = found.is_group_admin, found.affiliates

    def __bool__(self) -> bool:
        return self.is_whole or bool(self.affiliates)

    def events(self) -> QuerySet[AuditEvent]:
        """Group admins: all. Training admins: about people of their affiliates, and to units there."""
        if self.is_whole:
            return AuditEvent.objects.all()
        units = OrganizationUnit.objects.under(*self.affiliates).values("pk")
        return AuditEvent.objects.filter(
            Q(subject__person__affiliate__in=self.affiliates)
            | Q(object_type="people.OrganizationUnit", object_id__in=units)
        )

    def includes(self, person: Person) -> bool:
        """Whether the person's page opens for the reader."""
        return self.is_whole or person.affiliate_id in self.affiliates or person.user_id == self.user.pk


def events_visible_to(user: User) -> QuerySet[AuditEvent]:
    """`AuditEvent.objects.visible_to`, at the lowest place that knows roles. None for those without one."""
    reach = Reach(user)
    return reach.events() if reach else AuditEvent.objects.none()
