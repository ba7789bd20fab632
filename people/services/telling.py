"""What people are told about their account, their roles and where they work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Person, Role
from people.notification_kinds import NotificationKind
from people.services.notifications import notify
from records.models import AuditEvent

if TYPE_CHECKING:
    from people.services.standing import Standing

ACCOUNT, ROLES, EMPLOYMENT = "account", "roles", "employment"
KINDS = (
    NotificationKind(ACCOUNT, gettext_lazy("Your account"), "shield-alert", always_mailed=True),
    NotificationKind(ROLES, gettext_lazy("Your roles"), "user-check"),
    NotificationKind(EMPLOYMENT, gettext_lazy("Where you and your team work"), "users", mailed=False),
)


def _record() -> str:
    return reverse("people:me")


def tell_suspended(person: Person, event: AuditEvent) -> None:
    """Before the account closes: a closed one gets no mail."""
    text = gettext_lazy(
        "An admin closed your account. If you did not expect this, ask the training admin of your affiliate."
    )
    notify(person, kind=ACCOUNT, key=f"{event.action}:{event.pk}", text=text, url=_record())


def tell_reinstated(person: Person, event: AuditEvent) -> None:
    text = gettext_lazy("Your account is no longer closed by an admin.")
    notify(person, kind=ACCOUNT, key=f"{event.action}:{event.pk}", text=text, url=_record())


def tell_address_changed(person: Person, event: AuditEvent) -> None:
    """While the account still has the old address: whoever reads it learns that it opens nothing any more."""
    text = gettext_lazy(
        "An admin changed the e-mail of your account: mails no longer go to the one before. "
        "If you did not expect this, ask the training admin of your affiliate."
    )
    notify(person, kind=ACCOUNT, key=f"{event.action}:{event.pk}", text=text, url=_record())


def tell_role_given(role: Role) -> None:
    def text() -> str:
        return _("You have a new role: %(role)s.") % {"role": role}

    notify(role.person, kind=ROLES, key=f"role.give:{role.pk}", text=text, url=_record())


def tell_role_taken(role: Role) -> None:
    def text() -> str:
        return _("You no longer have this role: %(role)s.") % {"role": role}

    notify(role.person, kind=ROLES, key=f"role.take:{role.pk}", text=text, url=_record())


def tell_took_effect(person: Person, before: Standing, *, key: str) -> None:
    """A planned change is there: tell the person and, where it is a new one, the manager.

    `key` names the person and the day.
    """
    text = _news(person, before)
    if text is not None and person.user.is_active:
        notify(person, kind=EMPLOYMENT, key=f"standing:{key}", text=text, url=_record())
    if person.manager is not None and person.manager_id != before.manager:

        def reports() -> str:
            return _("%(name)s reports to you from today.") % {"name": person}

        notify(
            person.manager,
            kind=EMPLOYMENT,
            key=f"reports:{key}",
            text=reports,
            url=reverse("people:person", args=[person.pk]),
        )


def _news(person: Person, before: Standing) -> Callable[[], str] | None:
    """The one sentence that says most; None where only others have to know."""
    status, was = person.status, before.status
    if status == Person.Status.ON_LEAVE and was != status:
        return lambda: _("Your leave has begun.")
    if status == Person.Status.ACTIVE and was == Person.Status.ON_LEAVE:
        return lambda: _("Your leave is over. Welcome back.")
    if person.unit_id != before.unit and person.unit is not None:
        return lambda: _("Where you work from today: %(unit)s.") % {"unit": person.unit}
    if person.manager_id != before.manager and person.manager is not None:
        return lambda: _("You report to %(name)s from today.") % {"name": person.manager}
    if person.job_role_id != before.job_role and person.job_role is not None:
        return lambda: _("Your job from today: %(role)s.") % {"role": person.job_role}
    return None
