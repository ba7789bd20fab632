from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.models import Person
from people.notification_kinds import known_kinds


class MailForm(forms.Form):
    """Which kinds of notification also come by mail."""

    kinds = forms.MultipleChoiceField(
        label=_("Also by mail"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, person: Person, data: Any = None) -> None:
        self.free = [kind for kind in known_kinds() if not kind.always_mailed]
        chosen = [kind.name for kind in self.free if person.mail_choices.get(kind.name, kind.mailed)]
        super().__init__(data, initial={"kinds": chosen})
        field = self.fields["kinds"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - tells mypy what stands above
        field.choices = [(kind.name, kind.label) for kind in self.free]

    def choices(self) -> dict[str, bool]:
        return {kind.name: kind.name in self.cleaned_data["kinds"] for kind in self.free}
