"""How a person's state is shown: words, tone and icon; never by colour alone."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from people.models import Person

Status = Person.Status
_LOOK = {
    Status.PLANNED: ("", "calendar-clock"),
    Status.ACTIVE: ("ok", "circle-check"),
    Status.ON_LEAVE: ("wait", "clock"),
    Status.LEFT: ("", "log-out"),
}


def state_of(person: Person) -> dict[str, Any]:
    if person.suspended_at is not None:
        return {"label": _("Deactivated"), "tone": "bad", "icon": "ban"}
    tone, icon = _LOOK[Status(person.status)]
    return {"label": person.get_status_display(), "tone": tone, "icon": icon}
