"""Persons and their accounts: create, describe, suspend, reinstate."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import OrganizationUnit, Person, SearchTerm, User
from people.names import clean_names, search_terms, sort_key
from people.services.roles import keep_a_group_admin
from people.services.standing import apply_standing, held
from people.services.telling import tell_address_changed, tell_reinstated, tell_suspended
from records.audit import audit
from records.models import AuditEvent, new_id


@transaction.atomic
def create_person(
    *,
    name: Mapping[str, str],
    email: str = "",
    kind: str = Person.Kind.EMPLOYEE,
    affiliate: OrganizationUnit | None = None,
    pk: uuid.UUID | None = None,
    by: User | None,
) -> Person:
    """A person with an account that nobody can log in to yet; `affiliate` is who invites a partner.

    A form hands over the `pk` it was given, so that sending it twice makes no second person. Raises
    ValidationError by field: name, email (taken, or not one); of code "sent_twice" where `pk` exists.
    """
    if pk is not None:
        _claim(pk)
    names, email = clean_names(name), _clean_email(email)
    user = User(email=email, is_active=kind == Person.Kind.PARTNER)
    user.username = str(user.pk)  # people log in by e-mail or number; this one is for the system
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise _email_taken() from error
    person = Person.objects.create(
        pk=pk or new_id(),
        user=user,
        kind=kind,
        name=names,
        sort_key=sort_key(names),
        affiliate=affiliate,
        status=Person.Status.ACTIVE if kind == Person.Kind.PARTNER else Person.Status.PLANNED,
    )
    index_person(person)
    audit("person.create", person, by=by, about=user, after={"name": names, "email": email, "kind": kind})
    return person


@transaction.atomic
def update_person(person: Person, *, name: Mapping[str, str], email: str, by: User) -> None:
    """The address before is told by mail that there is another one. Raises ValidationError as `create_person`."""
    person = held(person)
    names, email = clean_names(name), _clean_email(email)
    before = {"name": dict(person.name), "email": person.user.email}
    if before == {"name": names, "email": email}:
        return
    after = {"name": names, "email": email}
    event = audit("person.update", person, by=by, about=person.user, before=before, after=after)
    if email.lower() != person.user.email.lower():
        tell_address_changed(person, event)
    person.name, person.sort_key = names, sort_key(names)
    person.save(update_fields=["name", "sort_key", "updated_at"])
    person.user.email = email
    try:
        with transaction.atomic():
            person.user.save(update_fields=["email", "updated_at"])
    except IntegrityError as error:
        raise _email_taken() from error
    index_person(person)


@transaction.atomic
def suspend(person: Person, *, reason: str, by: User) -> None:
    """Close the account whatever the employments say; sessions and tokens end at once.

    Raises ValidationError for oneself: nobody locks themselves out; and for the last group admin who stays.
    """
    person = held(person)
    if person.user_id == by.pk:
        raise ValidationError(_("You cannot deactivate yourself. Ask another admin."))
    if person.suspended_at is not None:
        return
    keep_a_group_admin(person)
    person.suspended_at = timezone.now()
    person.save(update_fields=["suspended_at", "updated_at"])
    event = audit("person.suspend", person, by=by, about=person.user, after={"reason": reason})
    tell_suspended(person, event)
    apply_standing(person, by=by)


@transaction.atomic
def reinstate(person: Person, *, by: User) -> None:
    """Open the account again, as far as the employments allow it."""
    person = held(person)
    if person.suspended_at is None:
        return
    person.suspended_at = None
    person.save(update_fields=["suspended_at", "updated_at"])
    event = audit("person.reinstate", person, by=by, about=person.user)
    apply_standing(person, by=by)
    tell_reinstated(person, event)


def record_view(person: Person, *, by: User) -> None:
    """Note that `by` read somebody else's record: once a day is enough to answer "who viewed mine"."""
    if person.user_id == by.pk:
        return
    with transaction.atomic():
        wait_for(f"view-{person.pk}-{by.pk}")
        if not views_today(by).filter(object_id=person.pk).exists():
            audit("person.view", person, by=by, about=person.user)


def views_today(viewer: User) -> models.QuerySet[AuditEvent]:
    """What `record_view` noted today; `object_id` says of whom."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    views = AuditEvent.objects.filter(action="person.view", actor_id=viewer.pk, at__gte=today)
    return views.filter(object_type=Person._meta.label)  # noqa: SLF001 - public


def _claim(pk: uuid.UUID) -> None:
    wait_for(f"person-{pk}")
    if Person.objects.filter(pk=pk).exists():
        raise ValidationError(
            _("This form was sent already, and somebody was created with it."), code="sent_twice"
        )


def wait_for(name: str) -> None:
    """Until the transaction ends, whoever asks for the same name waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def index_person(person: Person) -> None:
    """Renew the terms by which the person is found: names, e-mail, employee numbers."""
    numbers = person.numbers.values_list("number", flat=True)
    terms = search_terms(person.name, person.user.email, *numbers)
    person.terms.exclude(term__in=terms).delete()
    SearchTerm.objects.bulk_create(
        (SearchTerm(person=person, term=term) for term in terms), ignore_conflicts=True
    )


def _clean_email(email: str) -> str:
    email = email.strip()
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise ValidationError({"email": error.error_list}) from error
    return email


def _email_taken() -> ValidationError:
    return ValidationError(
        {"email": _("Somebody has this e-mail already. Search for them: the person may be here.")}
    )
