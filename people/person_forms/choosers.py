"""Fields that find a person or a unit by what somebody types, by keyboard and without script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people import choosing
from people.models import OrganizationUnit, Person
from people.models.organization import OrganizationUnitQuerySet
from people.models.persons import PersonQuerySet


class Chooser(forms.TextInput):
    """A text field with suggestions; `offers` are what an ambiguous text may have meant, to pick from."""

    def __init__(self, suggest: str) -> None:
        super().__init__(attrs={"autocomplete": "off"})
        self.suggest = suggest
        self.offers: list[str] = []
        self.has_more = False

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        typed = super().value_from_datadict(data, files, name)
        # A pick answers the text that it was offered for; whoever typed anew since meant something else.
        is_answered = data.get(f"{name}_typed") == typed
        return (data.get(f"{name}_pick") or typed) if is_answered else typed

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        attrs = dict(attrs or {})
        key = attrs.get("id", name)
        choices = f"{key}_choices"
        address = f"{reverse(self.suggest)}?{urlencode({'field': name, 'at': key})}"
        attrs |= {
            "list": choices,
            "hx-get": address,
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{choices}",
            # Nothing found is an answer, too.
            "hx-swap": "innerHTML swapEmpty:true",
        }
        field = super().render(name, value, attrs, renderer)
        return render_to_string(
            "people/_chooser.html",
            {
                "input": field,
                "at": key,
                "choices": choices,
                "offers": self.offers,
                "has_more": self.has_more,
                "name": name,
                "typed": value,
            },
        )


class PersonChooser(forms.CharField):
    """Its value is a Person of `people`, or None."""

    people: PersonQuerySet

    def __init__(self, **options: Any) -> None:
        text = gettext_lazy("Type the beginning of a name, an e-mail or an employee number.")
        super().__init__(widget=Chooser("people:suggest-person"), max_length=300, help_text=text, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = choosing.exact_person(self.people, text)
        return found or _the_one(self.widget, choosing.people_like(self.people, text))

    def prepare_value(self, value: Any) -> Any:
        return choosing.person_label(value) if isinstance(value, Person) else value


class UnitChooser(forms.CharField):
    """Its value is an OrganizationUnit of `units`, or None."""

    units: OrganizationUnitQuerySet

    def __init__(self, **options: Any) -> None:
        text = gettext_lazy("Type a part of its name, or its code.")
        super().__init__(widget=Chooser("people:suggest-unit"), max_length=300, help_text=text, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        found = choosing.exact_unit(self.units, text)
        return found or _the_one(self.widget, choosing.units_like(self.units, text))

    def prepare_value(self, value: Any) -> Any:
        return choosing.unit_label(value) if isinstance(value, OrganizationUnit) else value


def _the_one(widget: forms.Widget, found: choosing.Found[Any]) -> Any:
    if not found.rows:
        raise ValidationError(
            _("Nothing is found by this. Check the spelling, or try less of it."), code="not_found"
        )
    if len(found.rows) > 1:
        if isinstance(widget, Chooser):
            widget.offers, widget.has_more = choosing.labels(found.rows), found.has_more
        raise ValidationError(_("More than one fits. Choose which one is meant."), code="ambiguous")
    return found.rows[0]
