"""Hiring, transfers, leaves, leaving: dated facts. What lies ahead takes effect by itself."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from people.models import EmployeeNumber, Employment, JobRole, Leave, OrganizationUnit, Person, User
from people.names import clean_number, clean_titles
from people.services.people import create_person, index_person, wait_for
from people.services.roles import keep_a_group_admin
from people.services.standing import apply_standing, held
from records.audit import audit

DAY = datetime.timedelta(days=1)


@transaction.atomic
def hire(
    person: Person,
    *,
    unit: OrganizationUnit,
    on: datetime.date,
    manager: Person | None = None,
    job_role: JobRole | None = None,
    job_title: Mapping[str, str] | None = None,
    number: str = "",
    primary: bool = True,
    by: User | None,
) -> Employment:
    """Employ `person` from `on`; also a rehire, and with `primary=False` a second job beside the first.

    Raises ValidationError by field: person (a partner), on (a primary employment on that day), manager, number,
    job_title.
    """
    if manager is not None:
        _hold_lines()
    person = held(person)
    if person.kind == Person.Kind.PARTNER:
        raise ValidationError({"person": _("A partner has no employment. Create an employee instead.")})
    _check_manager(person, manager, on)
    if not primary and person.employments.filter(primary=False, unit=unit, starts_on=on).exists():
        raise ValidationError({"on": _("The person has this second job already, from the same day.")})
    employment = Employment(
        person=person,
        unit=unit,
        manager=manager,
        job_role=job_role,
        job_title=clean_titles(job_title or {}),
        starts_on=on,
        primary=primary,
    )
    with _dates(on=_("The person has a primary employment on this day. Transfer them, or end it first.")):
        employment.save()
    if number:
        _number(person, unit, number)
    _record("employment.start", employment, by=by)
    return employment


@transaction.atomic
def hire_newcomer(
    *,
    name: Mapping[str, str],
    email: str,
    unit: OrganizationUnit,
    on: datetime.date,
    manager: Person | None = None,
    job_role: JobRole | None = None,
    job_title: Mapping[str, str] | None = None,
    number: str = "",
    pk: uuid.UUID | None = None,
    by: User | None,
) -> Person:
    """A new person with the first employment, or neither. Raises ValidationError as `create_person` and `hire`."""
    if not email.strip() and not clean_number(number):
        raise ValidationError(
            {"email": _("Give an e-mail or an employee number: without one the person cannot log in.")}
        )
    person = create_person(name=name, email=email, pk=pk, by=by)
    hire(
        person,
        unit=unit,
        on=on,
        manager=manager,
        job_role=job_role,
        job_title=job_title,
        number=number,
        by=by,
    )
    return Person.objects.get(pk=person.pk)


@transaction.atomic
def transfer(
    person: Person,
    *,
    unit: OrganizationUnit,
    on: datetime.date,
    manager: Person | None = None,
    job_role: JobRole | None = None,
    job_title: Mapping[str, str] | None = None,
    number: str = "",
    by: User | None,
) -> Employment:
    """From `on` the person works in `unit` under `manager`; the employment before ends the day before.

    Also the way to change only the manager or the job. Raises ValidationError by field: on (no employment
    then, or a later one is planned), manager, number, job_title.
    """
    if manager is not None:
        _hold_lines()
    person = held(person)
    _check_manager(person, manager, on)
    current = _primary_on(person, on)
    if person.employments.filter(primary=True, starts_on__gt=on).exists():
        raise ValidationError({"on": _("A later change is planned already. Cancel it first.")})
    ends_on = current.ends_on
    fields = {"manager": manager, "job_role": job_role, "job_title": clean_titles(job_title or {})}
    if current.starts_on == on:  # corrected on its first day: no employment of no days
        employment = current
        before = _facts(current)
        employment.unit = unit
        for name, value in fields.items():
            setattr(employment, name, value)
        employment.save()
        _record("employment.correct", employment, by=by, before=before)
    else:
        _end(current, on - DAY, Employment.Ending.TRANSFER)
        employment = Employment.objects.create(
            person=person, unit=unit, starts_on=on, ends_on=ends_on, primary=True, **fields
        )
        _record("employment.transfer", employment, by=by, before=_facts(current))
    if number:
        _number(person, unit, number)
    return employment


@transaction.atomic
def leave_company(person: Person, *, on: datetime.date, by: User | None) -> None:
    """`on` is the last day of work: all employments end, planned ones after it are cancelled, so are leaves.

    Raises ValidationError by field: on (nobody who works then, or a job after it has begun: that stays on record);
    and for the last group admin who stays.
    """
    person = held(person)
    current = _primary_on(person, on)
    keep_a_group_admin(person)
    before = _facts(current)
    later = list(person.employments.filter(starts_on__gt=on).select_related("unit").order_by("starts_on"))
    begun = [employment.starts_on for employment in later if employment.starts_on <= employment.unit.today()]
    if begun:
        sentence = _("A job that began after this day is on record. Choose %(day)s or a later day.")
        raise ValidationError({"on": sentence % {"day": date_format(begun[-1])}})
    for row in (*later, *person.leaves.filter(starts_on__gt=on)):
        _erase(row, person, by=by)
    for employment in person.employments.active_on(on):
        _end(employment, on, Employment.Ending.LEAVING)
    person.leaves.active_on(on).update(ends_on=on)
    current.refresh_from_db()
    _record("employment.end", current, by=by, before=before)


@transaction.atomic
def start_leave(
    person: Person, *, kind: str, on: datetime.date, until: datetime.date | None = None, by: User | None
) -> Leave:
    """Away from `on` to `until`, both included. Raises ValidationError by field: on, until."""
    person = held(person)
    _primary_on(person, on)
    if until is not None and until < on:
        raise ValidationError({"until": _("The last day is before the first.")})
    leave = Leave(person=person, kind=kind, starts_on=on, ends_on=until)
    with _dates(on=_("There is a leave on these days already. End that one first.")):
        leave.save()
    _record("leave.start", leave, by=by)
    return leave


@transaction.atomic
def return_from_leave(person: Person, *, on: datetime.date, by: User | None) -> None:
    """`on` is the first day back at work. Raises ValidationError by field: on (no leave the day before)."""
    person = held(person)
    leave = person.leaves.active_on(on - DAY).first()
    if leave is None:
        raise ValidationError({"on": _("The person is not on leave the day before. Check the date.")})
    before = _facts(leave)
    leave.ends_on = on - DAY
    leave.save(update_fields=["ends_on", "updated_at"])
    _record("leave.end", leave, by=by, before=before)


@transaction.atomic
def end_second_job(employment: Employment, *, on: datetime.date, by: User | None) -> None:
    """`on` is its last day; the primary employment goes on. Raises ValidationError by field: on."""
    person = held(employment.person)
    if employment.primary:
        raise ValidationError(_("This is the main job. Enter a leaving instead."))
    if on < employment.starts_on:
        raise ValidationError({"on": _("This is before its first day. Check the date.")})
    before = _facts(employment)
    _end(employment, on, Employment.Ending.LEAVING)
    audit("employment.end", employment, by=by, about=person.user, before=before, after=_facts(employment))
    apply_standing(person, by=by)


@transaction.atomic
def cancel_planned(employment: Employment, *, by: User | None) -> None:
    """Take back a hire or transfer that has not begun; the employment before it goes on.

    Raises ValidationError where it has begun, and where whom the person would report to again reports to them.
    """
    _hold_lines()
    person = held(employment.person)
    _check_ahead(employment.starts_on, employment.unit)
    earlier, ends_on, ending = employment.starts_on - DAY, employment.ends_on, employment.ending
    _erase(employment, person, by=by)
    if employment.primary:
        ended = {"primary": True, "ends_on": earlier, "ending": Employment.Ending.TRANSFER}
        for previous in person.employments.filter(**ended).select_related("manager"):
            _check_goes_on(previous)
            previous.ends_on, previous.ending = ends_on, ending
            previous.save(update_fields=["ends_on", "ending", "updated_at"])
    apply_standing(person, by=by)


@transaction.atomic
def cancel_leaving(person: Person, *, by: User | None) -> None:
    """Who was to leave stays. Raises ValidationError where nothing is planned, or the last day is over.

    Also where their manager is to report to them after that day.
    """
    _hold_lines()
    person = held(person)
    last = _last_primary(person)
    if last is None or last.ending != Employment.Ending.LEAVING or last.ends_on is None:
        raise ValidationError(_("No leaving is planned."))
    if last.ends_on < last.unit.today():
        raise ValidationError(_("The last day is over. Hire the person again instead."))
    _check_goes_on(last)
    before = _facts(last)
    last.ends_on, last.ending = None, ""
    last.save(update_fields=["ends_on", "ending", "updated_at"])
    _record("employment.stay", last, by=by, before=before)


@transaction.atomic
def cancel_leave(leave: Leave, *, by: User | None) -> None:
    """Take back a leave that has not begun. Raises ValidationError where it has."""
    person = held(leave.person)
    last = _last_primary(person)
    if last is not None:
        _check_ahead(leave.starts_on, last.unit)
    _erase(leave, person, by=by)
    apply_standing(person, by=by)


def _erase(row: Employment | Leave, person: Person, *, by: User | None) -> None:
    """A plan that is taken back: what it was stays on record."""
    action = "employment.cancel" if isinstance(row, Employment) else "leave.cancel"
    audit(action, person, by=by, about=person.user, before=_facts(row))
    row.delete()


def _last_primary(person: Person) -> Employment | None:
    return (
        person.employments.filter(primary=True).select_related("unit", "manager").order_by("starts_on").last()
    )


def _check_ahead(day: datetime.date, unit: OrganizationUnit) -> None:
    if day <= unit.today():
        raise ValidationError(_("This has begun already. Enter what comes next instead."))


def _primary_on(person: Person, day: datetime.date) -> Employment:
    employment = person.employments.active_on(day).filter(primary=True).select_related("unit").first()
    if employment is None:
        raise ValidationError({"on": _("The person does not work here on this day. Check the date.")})
    return employment


def _end(employment: Employment, day: datetime.date, ending: str) -> None:
    employment.ends_on, employment.ending = day, ending
    employment.save(update_fields=["ends_on", "ending", "updated_at"])


def _hold_lines() -> None:
    """Who leads whom changes one at a time: each of two changes may be right alone and both make a circle.

    Before any row is held, so that two of them wait here and never for each other.
    """
    wait_for("who leads whom")


def _check_manager(person: Person, manager: Person | None, on: datetime.date) -> None:
    """Nobody leads themselves, directly or through others: neither from `on` nor by what is planned after it."""
    if manager is not None and _reports_to(manager, person, on):
        raise ValidationError(
            {"manager": _("This manager reports to the person, directly or through others.")}
        )


def _check_goes_on(employment: Employment) -> None:
    """One that was to end goes on: what was planned for after its end may have turned who leads whom round."""
    manager, ends_on = employment.manager, employment.ends_on
    if manager is not None and ends_on is not None and _reports_to(manager, employment.person, ends_on + DAY):
        raise ValidationError(
            _(
                "%(manager)s is to report to this person, who would report to %(manager)s again. Change that first."
            )
            % {"manager": manager}
        )


def _reports_to(person: Person, leader: Person, on: datetime.date) -> bool:
    """Whether they are one, or `person` reports to `leader` on `on` or later, directly or through others."""
    seen: set[uuid.UUID] = set()
    level = {person.pk}
    while level:
        if leader.pk in level:
            return True
        seen |= level
        jobs = Employment.objects.filter(person__in=level, primary=True, manager__isnull=False)
        ahead = jobs.filter(models.Q(ends_on=None) | models.Q(ends_on__gte=on))
        level = set(ahead.values_list("manager_id", flat=True)) - seen
    return False


def _number(person: Person, unit: OrganizationUnit, number: str) -> None:
    number = clean_number(number)
    if not number:
        return
    if unit.affiliate is None:
        raise ValidationError({"number": _("Employee numbers belong to an affiliate; this unit has none.")})
    held_by = EmployeeNumber.objects.filter(affiliate=unit.affiliate, number=number).first()
    if held_by is not None and held_by.person_id == person.pk:
        return
    try:
        with transaction.atomic():
            EmployeeNumber.objects.create(person=person, affiliate=unit.affiliate, number=number)
    except IntegrityError as error:
        raise ValidationError(
            {"number": _("Somebody else has this employee number in the affiliate. Check the number.")}
        ) from error
    index_person(person)


@contextmanager
def _dates(**sentence: str) -> Iterator[None]:
    """Say which field it is when the database finds dates that cross."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ValidationError(dict(sentence)) from error


def _facts(row: models.Model) -> dict[str, Any]:
    names = ("unit_id", "manager_id", "job_role_id", "job_title", "kind", "starts_on", "ends_on", "primary")
    facts = {name.removesuffix("_id"): getattr(row, name) for name in names if hasattr(row, name)}
    return {
        name: value if value is None or isinstance(value, bool | dict) else str(value)
        for name, value in facts.items()
    }


def _record(
    action: str, row: Employment | Leave, *, by: User | None, before: Mapping[str, Any] | None = None
) -> None:
    audit(action, row, by=by, about=row.person.user, before=before, after=_facts(row))
    apply_standing(row.person, by=by)
