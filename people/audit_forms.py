from __future__ import annotations

import datetime
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.audit.reach import Reach
from people.audit.registry import actions
from people.models import Person, User
from records.models import AuditEvent

# Somebody found by a beginning: of more than so many a longer one is asked for.
MOST = 20
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AccountField(forms.CharField):
    """The start of a name, e-mail or employee number, or an account's id; becomes the accounts meant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, required=False, **kwargs)
        self.reach: Reach | None = None

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text or self.reach is None:
            return None
        try:
            found = list(User.objects.filter(pk=uuid.UUID(text)))
        except ValueError:
            people = Person.objects.visible_to(self.reach.user).matching(text)
            found = [person.user for person in people.select_related("user")[: MOST + 1]]
        if not found:
            raise ValidationError(_("Nobody whose name, e-mail or employee number begins so."))
        if len(found) > MOST:
            raise ValidationError(_("Many begin so. Type more of the name, or the e-mail."))
        return found


class AuditFilterForm(forms.Form):
    object = forms.RegexField(
        r"^[a-z]+\.[A-Za-z]+:[0-9a-f-]{36}$", required=False, max_length=120, widget=forms.HiddenInput
    )
    actor = AccountField(label=_("Who did it"))
    about = AccountField(label=_("About whom"))
    action = forms.ChoiceField(label=_("What was done"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=_DAY)
    until = forms.DateField(label=_("Until"), required=False, widget=_DAY)

    def __init__(self, reach: Reach, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("actor", "about"):
            field = self.fields[name]
            field.widget.attrs |= {"autocomplete": "off"}
            field.reach = reach  # type: ignore[attr-defined]  # an AccountField, see above
        labels = sorted(
            ((key, str(action.label)) for key, action in actions.items()), key=lambda pair: pair[1]
        )
        self.fields["action"].choices = [("", _("Everything")), *labels]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_object(self) -> tuple[str, uuid.UUID] | None:
        text = self.cleaned_data["object"]
        if not text:
            return None
        object_type, _colon, pk = text.partition(":")
        try:
            return object_type, uuid.UUID(pk)
        except ValueError as error:
            raise ValidationError(_("There is no such object.")) from error

    def narrowed(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Nothing at all for filters that are wrong: never more than was asked for."""
        if not self.is_valid():
            return events.none()
        data = self.cleaned_data
        if data["object"]:
            events = events.filter(object_type=data["object"][0], object_id=data["object"][1])
        if data["actor"]:
            events = events.filter(actor__in=data["actor"])
        if data["about"]:
            events = events.filter(subject__in=data["about"])
        if data["action"]:
            events = events.filter(action=data["action"])
        if data["since"]:
            events = events.filter(at__gte=_midnight(data["since"]))
        if data["until"]:
            events = events.filter(at__lt=_midnight(data["until"] + datetime.timedelta(days=1)))
        return events

    def chosen(self) -> dict[str, str]:
        """The filters as they were asked for, without empty ones."""
        return {name: self.data[name] for name in self.fields if self.data.get(name)}

    def one_about(self) -> User | None:
        """The account concerned, where the filters name exactly one."""
        found = self.cleaned_data.get("about") or []
        return found[0] if len(found) == 1 else None


def _midnight(day: datetime.date) -> datetime.datetime:
    """When the day begins where the reader is."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
