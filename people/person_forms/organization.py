"""Forms for units, job families and job roles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.languages import language_choices, zone_choices
from people.models import JobFamily, JobRole, OrganizationUnit, User
from people.person_forms.base import NameForm, ServiceForm
from people.person_forms.choosers import UnitChooser

Kind = OrganizationUnit.Kind


def _code() -> forms.CharField:
    return forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Small letters, digits and hyphens. It stays, also when the name changes."),
    )


class _PlaceForm(NameForm):
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=zone_choices, help_text=_("Changes take effect at midnight there.")
    )
    locale = forms.ChoiceField(label=_("Language"), choices=language_choices)


class NewUnitForm(_PlaceForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=())
    code = _code()
    field_order = ("kind", "name_ko", "name_en", "code")

    def __init__(self, *args: Any, parent: OrganizationUnit, **options: Any) -> None:
        places = {"time_zone": parent.time_zone, "locale": parent.locale}
        super().__init__(*args, **{"initial": places} | options)
        kinds: Any = self.fields["kind"]
        below = [Kind.AFFILIATE, Kind.DEPARTMENT] if parent.kind == Kind.GROUP else [Kind.DEPARTMENT]
        kinds.choices = [(kind.value, kind.label) for kind in below]
        if parent.kind != Kind.GROUP:  # a department goes by its affiliate
            del self.fields["time_zone"], self.fields["locale"]


class EditUnitForm(_PlaceForm):
    def __init__(self, *args: Any, unit: OrganizationUnit, **options: Any) -> None:
        names = {f"name_{language}": text for language, text in unit.name.items()}
        places = {"time_zone": unit.time_zone, "locale": unit.locale}
        super().__init__(*args, **{"initial": names | places} | options)
        if unit.kind == Kind.DEPARTMENT and unit.affiliate_id:
            del self.fields["time_zone"], self.fields["locale"]


class MoveUnitForm(ServiceForm):
    parent = UnitChooser(label=_("New place: below this unit"))

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["parent"]
        field.units = OrganizationUnit.objects.editable_by(user)


class FamilyForm(NameForm):
    code = _code()


class NewJobForm(NameForm):
    code = _code()
    family = forms.ModelChoiceField(
        JobFamily.objects.order_by("code"), label=_("Job family"), empty_label=None
    )
    field_order = ("family", "name_ko", "name_en", "code")


class RenameForm(NameForm):
    def __init__(self, *args: Any, job: JobFamily | JobRole, **options: Any) -> None:
        names = {f"name_{language}": text for language, text in job.name.items()}
        super().__init__(*args, **{"initial": names} | options)
