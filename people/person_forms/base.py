"""What the forms share: names in two languages, days, and the place of a service's sentences."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from people.models import JobRole

_FIRST_DAY, _LAST_DAY = datetime.date(1950, 1, 1), datetime.date(2100, 12, 31)
# A service speaks of the thing, a form has a field per language.
_FIELDS = {"name": "name_ko", "job_title": "title_ko"}


class ServiceForm(forms.Form):
    def refuse(self, error: ValidationError) -> None:
        """Show what a service refused at the fields that it names."""
        for name, errors in error.update_error_dict({}).items():
            field = _FIELDS.get(name, name)
            self.add_error(
                field if field in self.fields and name != NON_FIELD_ERRORS else None, ValidationError(errors)
            )

    def texts(self, prefix: str) -> dict[str, str]:
        """The filled ones of the fields for Korean and English, by language."""
        typed = {language: self.cleaned_data.get(f"{prefix}_{language}", "") for language in ("ko", "en")}
        return {language: text for language, text in typed.items() if text}


class NameField(forms.CharField):
    """Needed in one language, whichever: neither of them is optional, and none is required."""

    one_of_several = True

    def __init__(self, label: Any) -> None:
        super().__init__(label=label, max_length=200, required=False)


class NameForm(ServiceForm):
    name_ko = NameField(_("Name in Korean"))
    name_en = NameField(_("Name in English"))

    def clean(self) -> dict[str, Any]:
        """What the services say as well, at once with what else is missing."""
        data = self.cleaned_data
        if not (data.get("name_ko") or data.get("name_en") or {"name_ko", "name_en"} & set(self.errors)):
            self.add_error("name_ko", _("Give a name in at least one language."))
        return data


def title_field(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=100, required=False)


def email_field(**options: Any) -> forms.EmailField:
    return forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}), **options
    )


def number_field() -> forms.CharField:
    return forms.CharField(
        label=_("Employee number"),
        max_length=40,
        required=False,
        help_text=_("As the affiliate's HR writes it; with it the person can log in without an e-mail."),
    )


class DayField(forms.DateField):
    """A day between 1950 and 2100: further away, and computing with it would end nowhere."""

    default_error_messages = {"invalid": _("Enter a day of the calendar, such as 2027-03-02.")}

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        far = _("Choose a day between 1950 and 2100.")
        validators = [MinValueValidator(_FIRST_DAY, far), MaxValueValidator(_LAST_DAY, far)]
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], validators=validators, **options)


class JobRoleField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in its stubs only
    def __init__(self, **options: Any) -> None:
        roles = JobRole.objects.select_related("family").order_by("family__code", "code")
        super().__init__(roles, label=_("Job"), required=False, empty_label=_("No job"), **options)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.family} · {obj}"
