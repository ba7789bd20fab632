"""Audit events as rows of a page: sentences, and what changed from what to what."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from django.conf import settings
from django.db.models import F, Value
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.audit.registry import Action, Field, actions, field_of, object_types
from people.languages import language_name
from people.models import Person, User
from records.models import AuditEvent
from records.text import TranslatedText

Names = dict[tuple[str, str], TranslatedText]
NOTHING = "—"
EMPTY: tuple[Any, ...] = (None, "", [], {})
_UNKNOWN = gettext_lazy("{actor} did something that has no words yet.")


@dataclass(frozen=True)
class Change:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class EventRow:
    """`title` is HTML; `code` is the action's key where no app gave it words."""

    at: datetime
    title: SafeString
    icon: str
    code: str
    changes: Sequence[Change]
    object: str
    actor: str
    about: str


def event_rows(events: Iterable[AuditEvent], *, may_open: Callable[[Person], bool]) -> list[EventRow]:
    """One query for the names, whatever the events are about; select `PEOPLE` with the events.

    `may_open` says whether the reader may open somebody's page: only then the name is a link.
    """
    found = list(events)
    names = _names(found)
    return [_row(event, names, may_open) for event in found]


# What `select_related` needs for the names of those who act and of those concerned.
PEOPLE = ("actor__person", "subject__person", "on_behalf_of__person")


def _row(event: AuditEvent, names: Names, may_open: Callable[[Person], bool]) -> EventRow:
    known = actions.get(event.action)
    action = known or Action(event.action, _UNKNOWN)
    actor = _who(event.actor, may_open)
    if event.on_behalf_of is not None:
        actor = format_html(_("{} on behalf of {}"), actor, _who(event.on_behalf_of, may_open))
    named = names.get((event.object_type, str(event.object_id)))
    title = format_html(
        str(action.sentence),
        actor=actor,
        subject=_who(event.subject, may_open) if event.subject else _("somebody"),
        object=format_html("<b>{}</b>", named or _("(no longer there)")),
    )
    return EventRow(
        at=event.at,
        title=title,
        icon=action.icon,
        code="" if known else event.action,
        changes=list(_changes(event, names)),
        object=f"{event.object_type}:{event.object_id}",
        actor=_lookup(event.actor, may_open),
        about=_lookup(event.subject, may_open),
    )


def _who(user: User | None, may_open: Callable[[Person], bool]) -> SafeString:
    if user is None:
        return format_html("<b>{}</b>", _("The system"))
    person = getattr(user, "person", None)
    if person is None:
        return format_html("<b>{}</b>", user.username)
    if not may_open(person):
        return format_html("<b>{}</b>", person)
    return format_html('<a href="{}">{}</a>', reverse("people:person", args=[person.pk]), person)


def _lookup(user: User | None, may_open: Callable[[Person], bool]) -> str:
    """What the filters find an account by: its e-mail, which people can read, where the reader may know it."""
    if user is None:
        return ""
    person = getattr(user, "person", None)
    return user.email if user.email and person and may_open(person) else str(user.pk)


def _changes(event: AuditEvent, names: Names) -> Iterator[Change]:
    for name in dict.fromkeys((*event.before, *event.after)):
        before, after = event.before.get(name), event.after.get(name)
        if before != after or name not in event.before:
            field = field_of(event.action, name)
            said = partial(_said, field=field, names=names, action=event.action)
            yield Change(str(field.label), said(before), said(after))


def _said(value: Any, *, field: Field, names: Names, action: str) -> str:
    """A value as people write it."""
    match value:
        case _ if value in EMPTY:
            said = NOTHING
        case bool():
            said = _("Yes") if value else _("No")
        case dict():
            said = ", ".join(_entry(key, inner, names, action) for key, inner in value.items())
        case list():
            said = ", ".join(_said(inner, field=field, names=names, action=action) for inner in value)
        case float():
            said = f"{value:g}"
        case _ if field.names:
            said = str(names.get((field.names, str(value)), value))
        case _:
            said = str(field.words.get(str(value)) or field.said(value))
    return said


def _entry(key: str, value: Any, names: Names, action: str) -> str:
    """Of a value with parts: a text in several languages, or what long work was asked to do."""
    part = Field(language_name(key)) if key in dict(settings.LANGUAGES) else field_of(action, key)
    return f"{part.label}: {_said(value, field=part, names=names, action=action)}"


def _names(events: Sequence[AuditEvent]) -> Names:
    """The names of all objects and of all rows that befores and afters mention, in one query."""
    wanted: dict[str, set[uuid.UUID]] = defaultdict(set)
    for object_type, value in (pair for event in events for pair in _mentions(event)):
        if object_type in object_types and (parsed := _as_id(value)) is not None:
            wanted[object_type].add(parsed)
    queries = [
        found.model._base_manager.filter(pk__in=ids).values_list(Value(name), "pk", F(found.name))  # noqa: SLF001 - public by its docs
        for name, ids in sorted(wanted.items())
        for found in (object_types[name],)
    ]
    if not queries:
        return {}
    rows = queries[0].union(*queries[1:], all=True) if len(queries) > 1 else queries[0]
    return {(object_type, str(pk)): TranslatedText(name or {}) for object_type, pk, name in rows}


def _mentions(event: AuditEvent) -> Iterator[tuple[str, Any]]:
    yield event.object_type, event.object_id
    for facts in (event.before, event.after):
        parts = (part for part in facts.values() if isinstance(part, dict))
        for name, value in chain(facts.items(), *(part.items() for part in parts)):
            yield field_of(event.action, name).names, value


def _as_id(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None
