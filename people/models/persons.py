"""The humans: where they stand today, and how they are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import connection, models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from people.models.accounts import User
from people.models.organization import JobRole, OrganizationUnit
from people.names import search_form
from records.models import Record
from records.text import TranslatedField

if TYPE_CHECKING:
    from people.models.roles import RoleQuerySet

# Everybody below an account's person. UNION, not UNION ALL: a cycle of managers that slipped in ends here, too.
_REPORTS = """
WITH RECURSIVE reports (id) AS (
  SELECT p.id FROM people_person p JOIN people_person m ON p.manager_id = m.id WHERE m.user_id = %s
  UNION SELECT p.id FROM people_person p JOIN reports r ON p.manager_id = r.id
) SELECT id FROM reports
"""

# So many are found faster from above; of more, from below, row by row. See `led_by`.
_WIDE = 20_000


def _reports(user: User) -> RawSQL:
    return RawSQL(_REPORTS, [user.pk])  # noqa: S611 - the statement is a constant


class _IsLedBy(Func):
    """Whether the account (second) is among the managers from this one (first) upwards."""

    template = """EXISTS (
      WITH RECURSIVE above (id, viewer) AS (
        SELECT * FROM (VALUES (%(expressions)s)) AS first (id, viewer)
        UNION SELECT m.manager_id, above.viewer FROM above JOIN people_person m ON m.id = above.id
      ) SELECT 1 FROM above JOIN people_person m ON m.id = above.id WHERE m.user_id = above.viewer)"""
    output_field = models.BooleanField()


def _is_led_by(user: User) -> Q:
    return Q(_IsLedBy(F("manager_id"), Value(user.pk, output_field=models.UUIDField())))


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, user: User) -> PersonQuerySet:
        """Oneself, whom one leads directly or through others, and whom one administers.

        Asks each row for its managers: made for looking at somebody. Lists ask `administered_by` and `led_by`.
        """
        return self.filter(self._administered(user) | Q(user=user) | _is_led_by(user))

    def administered_by(self, user: User) -> PersonQuerySet:
        """Everybody for a group admin, the own affiliate's people for a training admin."""
        return self.filter(self._administered(user))

    def editable_by(self, user: User) -> PersonQuerySet:
        """Whom one administers; those who may do more than an admin of the affiliate only a group admin.

        Whoever could change their e-mail or issue them a code to log in with would become them.
        """
        from people.models.roles import Role

        held: RoleQuerySet = Role.objects.of(user)
        is_group_admin = Exists(held.filter(kind=Role.Kind.GROUP_ADMIN))
        own = held.filter(kind=Role.Kind.TRAINING_ADMIN).values("unit")
        more = Role.objects.filter(person=OuterRef("pk")).exclude(kind=Role.Kind.TRAINING_ADMIN, unit__in=own)
        is_plain = Q(user__is_staff=False, user__is_superuser=False) & ~Exists(more)
        reached = self.administered_by(user).filter(Q(is_group_admin) | is_plain)
        return reached if user.is_superuser else reached.filter(user__is_superuser=False)

    def choosable_as_manager_by(self, user: User) -> PersonQuerySet:
        """Employees who work here, of those one administers, and whoever leads one of them already."""
        leading = Person.objects.administered_by(user).values("manager")
        at_work = self.filter(unit__isnull=False, kind=Person.Kind.EMPLOYEE)
        return at_work.filter(self._administered(user) | Q(pk__in=leading))

    def led_by(self, user: User, *, directly: bool) -> PersonQuerySet:
        """Who reports to the person of `user`: directly, or also through others.

        For the latter it asks how many there are: collecting everybody below the head of a group takes seconds.
        """
        if directly:
            return self.filter(manager__user=user)
        counted = f"SELECT count(*) FROM ({_REPORTS} LIMIT {_WIDE}) AS counted"  # noqa: S608 - constants
        with connection.cursor() as cursor:
            cursor.execute(counted, [user.pk])
            is_wide = cursor.fetchone() == (_WIDE,)
        return self.filter(_is_led_by(user) if is_wide else Q(pk__in=_reports(user)))

    def matching(self, text: str) -> PersonQuerySet:
        """Whose name, e-mail or employee number begins with `text`; each once, with the term that matched.

        Ordered by (match, id), which the index gives without sorting.
        """
        prefix = search_form(text)
        hits = self.filter(terms__term__startswith=prefix).annotate(match=F("terms__term"))
        earlier = SearchTerm.objects.filter(
            person=OuterRef("pk"), term__startswith=prefix, term__lt=OuterRef("match")
        )
        return hits.filter(~Exists(earlier)).order_by("match", "id")

    @staticmethod
    def _administered(user: User) -> Q:
        from people.models.roles import Role

        held: RoleQuerySet = Role.objects.of(user)
        whole = held.filter(kind=Role.Kind.GROUP_ADMIN)
        return Q(Exists(whole)) | Q(affiliate__in=held.filter(kind=Role.Kind.TRAINING_ADMIN).values("unit"))


class Person(Record):
    """A human the group knows. `unit`, `manager`, `job_role`, `status` are what employments and leaves say today.

    `services.standing` alone writes those: at once with a change, and by itself when a dated one takes effect.
    """

    class Kind(models.TextChoices):
        EMPLOYEE = "employee", _("Employee")
        PARTNER = "partner", _("Partner")

    class Status(models.TextChoices):
        PLANNED = "planned", _("Starts later")
        ACTIVE = "active", _("Active")
        ON_LEAVE = "on_leave", _("On leave")
        LEFT = "left", _("Left")

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="person")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EMPLOYEE)
    name = TranslatedField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    # Closed by an admin, whatever the employments say; opened again only by an admin.
    suspended_at = models.DateTimeField(null=True)
    unit = models.ForeignKey(OrganizationUnit, null=True, on_delete=models.PROTECT, related_name="people")
    # Of leavers the last one, so that their admins still find them; of a partner the one that invited them.
    affiliate = models.ForeignKey(
        OrganizationUnit, null=True, on_delete=models.PROTECT, related_name="affiliated_people"
    )
    manager = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reports")
    job_role = models.ForeignKey(JobRole, null=True, on_delete=models.PROTECT, related_name="people")
    # By kind of notification, whether it comes by mail; a kind that is missing does as it does by itself.
    mail_choices = models.JSONField(default=dict, editable=False)
    # When a dated change takes effect next, at midnight where the person works; None: nothing is planned.
    next_change_at = models.DateTimeField(null=True)
    # The name as lists sort it.
    sort_key = models.CharField(max_length=200, db_collation="C", default="", editable=False)

    objects = PersonQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="employee") | Q(unit=None, manager=None), name="partners_have_no_employment"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["affiliate", "sort_key", "id"], name="person_by_affiliate"),
            models.Index(fields=["sort_key", "id"], name="person_by_name"),
            # How many there are of the few who are not at work: of 200,000 only they are looked at.
            models.Index(fields=["status", "affiliate"], name="person_by_status"),
            models.Index(
                fields=["suspended_at"], name="person_suspended", condition=Q(suspended_at__isnull=False)
            ),
            models.Index(
                fields=["next_change_at"],
                name="person_with_planned_change",
                condition=Q(next_change_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def initials(self) -> str:
        """At most two characters for an avatar: a Korean given name, or the first letters of a Latin one."""
        words = str(self).split()
        if len(words) > 1:
            return (words[0][0] + words[-1][0]).upper()
        return str(self)[-2:]

    @property
    def home_unit(self) -> OrganizationUnit | None:
        return self.unit or self.affiliate


class EmployeeNumber(Record):
    """By which an affiliate's HR, and at login the person, knows who it is. A number never changes hands."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="numbers")
    affiliate = models.ForeignKey(OrganizationUnit, on_delete=models.PROTECT, related_name="numbers")
    number = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["affiliate", "number"], name="one_person_per_employee_number"),
        ]

    def __str__(self) -> str:
        return f"{self.affiliate.code}/{self.number}"


class SearchTerm(models.Model):
    """One way to find a person by its beginning: a name from each of its words on, the e-mail, a number."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="terms", db_index=False)
    # In code point order, so that "begins with" is a range of the index whatever the database's locale is.
    term = models.CharField(max_length=254, db_collation="C")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "term"], name="one_search_term_per_person"),
        ]
        indexes: ClassVar = [models.Index(fields=["term", "person"], name="person_by_term")]

    def __str__(self) -> str:
        return self.term
