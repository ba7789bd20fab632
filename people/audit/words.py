"""The words for what happens to accounts, people, roles, employments and units, and to mails and long work."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from people.audit.registry import (
    Action,
    Field,
    ObjectType,
    register_actions,
    register_fields,
    register_objects,
)
from people.languages import language_name
from people.models import JobFamily, JobRole, Leave, OrganizationUnit, Person, Role
from records.longjobs import label_of
from records.models import LongJob, OutgoingMail
from records.moments import day, place

_SCOPES = {
    "administered": _("Everybody whom they administer"),
    "direct": _("Direct reports"),
    "all": _("Everyone below"),
}


def _day(value: Any) -> str:
    """A day as events keep it; whatever else was typed into a filter as it is."""
    try:
        return day(datetime.date.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def register() -> None:
    register_objects(
        ObjectType(_("Person"), Person, "name"),
        ObjectType(_("Unit"), OrganizationUnit, "name"),
        ObjectType(_("Job role"), JobRole, "name"),
        ObjectType(_("Job family"), JobFamily, "name"),
    )
    register_fields(
        name=Field(_("Name")),
        email=Field(_("E-mail")),
        code=Field(_("Code")),
        reason=Field(_("Reason")),
        unit=Field(_("Unit"), names="people.OrganizationUnit"),
        affiliate=Field(_("Affiliate"), names="people.OrganizationUnit"),
        parent=Field(_("Belongs to"), names="people.OrganizationUnit"),
        manager=Field(_("Manager"), names="people.Person"),
        job_role=Field(_("Job role"), names="people.JobRole"),
        job_title=Field(_("Job title")),
        status=Field(_("Status"), words=dict(Person.Status.choices)),
        is_open=Field(_("Account is open")),
        starts_on=Field(_("First day"), said=_day),
        ends_on=Field(_("Last day"), said=_day),
        primary=Field(_("Main employment")),
        time_zone=Field(_("Time zone"), said=place),
        locale=Field(_("Language"), said=language_name),
        object=Field(_("Object")),
        actor=Field(_("Who did it")),
        about=Field(_("About whom")),
        action=Field(_("What was done")),
        since=Field(_("From"), said=_day),
        until=Field(_("Until"), said=_day),
        people=Field(_("People")),
        q=Field(_("Search")),
        scope=Field(_("Which people"), words=_SCOPES),
        role=Field(_("Role"), words=dict(Role.Kind.choices)),
        job=Field(_("Job")),
        params=Field(_("What was asked for")),
        longjob__start__kind=Field(_("Kind"), said=label_of),
        state=Field(_("State"), words={**dict(LongJob.State.choices), **dict(OutgoingMail.State.choices)}),
        tries=Field(_("Tries")),
        error=Field(_("Error")),
        row=Field(_("Row")),
        kind=Field(
            _("Kind"),
            words={**dict(Person.Kind.choices), **dict(Role.Kind.choices), **dict(Leave.Kind.choices)},
        ),
    )
    _register_accounts()
    _register_people()
    _register_work()
    _register_places()


def _register_accounts() -> None:
    register_actions(
        account__issue_code=Action(
            _("One-time code given"), _("{actor} made a one-time code for {subject}."), "key-round"
        ),
        account__redeem_code=Action(
            _("Logged in with a one-time code"),
            _("{subject} set a password with a one-time code."),
            "key-round",
        ),
        account__change_password=Action(
            _("Password changed"), _("{actor} changed the password of {subject}."), "key-round"
        ),
        account__reset_password=Action(
            _("Password set by mail"), _("{subject} set a password with a link from a mail."), "key-round"
        ),
        account__lift_lock=Action(
            _("Lock lifted"), _("{actor} lifted the lock after wrong passwords of {subject}."), "lock-keyhole"
        ),
    )


def _register_people() -> None:
    register_actions(
        person__create=Action(
            _("Person created"), _("{actor} created the record of {subject}."), "user-plus"
        ),
        person__update=Action(
            _("Name or e-mail changed"), _("{actor} changed the name or e-mail of {subject}."), "pencil-line"
        ),
        person__suspend=Action(
            _("Account closed"), _("{actor} closed the account of {subject}."), "lock-keyhole"
        ),
        person__reinstate=Action(
            _("Account no longer closed"),
            _("{actor} took back the closing of the account of {subject}."),
            "rotate-ccw",
        ),
        person__standing=Action(
            _("Standing changed"), _("Where {subject} stands today has changed, by {actor}."), "users"
        ),
        person__choose_mail=Action(
            _("Mail choices changed"), _("{actor} changed what comes to {subject} by mail."), "bell"
        ),
        role__give=Action(_("Role given"), _("{actor} gave a role to {subject}."), "shield-check"),
        role__take=Action(_("Role taken"), _("{actor} took a role from {subject}."), "shield-alert"),
        person__view=Action(_("Record viewed"), _("{actor} viewed the record of {subject}."), "eye"),
        audit__read=Action(_("Audit log read"), _("{actor} read the audit log."), "eye"),
    )


def _register_work() -> None:
    register_actions(
        employment__start=Action(_("Hired"), _("{actor} entered an employment of {subject}."), "user-plus"),
        employment__transfer=Action(_("Transferred"), _("{actor} transferred {subject}."), "arrow-right"),
        employment__correct=Action(
            _("Employment corrected"), _("{actor} corrected an employment of {subject}."), "pencil-line"
        ),
        employment__stay=Action(
            _("Planned leaving cancelled"),
            _("{actor} cancelled the planned leaving of {subject}."),
            "rotate-ccw",
        ),
        employment__end=Action(
            _("Employment ended"), _("{actor} ended the employment of {subject}."), "log-out"
        ),
        employment__cancel=Action(
            _("Planned change cancelled"), _("{actor} cancelled a planned change of {subject}."), "rotate-ccw"
        ),
        leave__start=Action(_("Leave entered"), _("{actor} entered a leave of {subject}."), "calendar-clock"),
        leave__cancel=Action(
            _("Planned leave cancelled"), _("{actor} cancelled a planned leave of {subject}."), "rotate-ccw"
        ),
        leave__end=Action(_("Leave ended"), _("{actor} ended a leave of {subject}."), "calendar-clock"),
    )


def _register_places() -> None:
    register_actions(
        unit__create=Action(_("Unit created"), _("{actor} created the unit {object}."), "layers"),
        unit__update=Action(_("Unit changed"), _("{actor} changed the unit {object}."), "layers"),
        unit__move=Action(_("Unit moved"), _("{actor} moved the unit {object}."), "layers"),
        job_family__create=Action(
            _("Job family created"), _("{actor} created the job family {object}."), "layers"
        ),
        job_family__rename=Action(
            _("Job family renamed"), _("{actor} renamed the job family {object}."), "layers"
        ),
        job_role__create=Action(_("Job role created"), _("{actor} created the job role {object}."), "layers"),
        job_role__rename=Action(_("Job role renamed"), _("{actor} renamed the job role {object}."), "layers"),
        longjob__start=Action(
            _("Long work started"), _("{actor} started work that takes long."), "hourglass"
        ),
        longjob__cancel=Action(
            _("Long work cancelled"), _("{actor} cancelled work that takes long."), "circle-x"
        ),
        longjob__download=Action(
            _("File downloaded"), _("{actor} downloaded a file that long work made."), "download"
        ),
        people__export=Action(_("People exported"), _("{actor} exported a list of people."), "download"),
        mail__read=Action(_("Mail read"), _("{actor} read a mail in the folder of mails."), "eye"),
        mail__fail=Action(
            _("Mail given up"), _("A mail could not be sent: given up by {actor}."), "circle-alert"
        ),
        mail__retry=Action(_("Mail tried again"), _("{actor} had a mail sent again."), "send"),
    )
