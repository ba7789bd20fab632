"""Forms for employments and leaves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.models import Employment, Leave, OrganizationUnit, Person, User
from people.person_forms.base import DayField, JobRoleField, ServiceForm, number_field, title_field
from people.person_forms.choosers import PersonChooser, UnitChooser

AHEAD = _("A day ahead takes effect by itself, at midnight where the person works.")


class JobForm(ServiceForm):
    """Where, from when, under whom, as what."""

    unit = UnitChooser(label=_("Unit"))
    on = DayField(label=_("First day"), help_text=AHEAD)
    manager = PersonChooser(label=_("Manager"), required=False)
    job_role = JobRoleField()
    title_ko = title_field(_("Job title in Korean"))
    title_en = title_field(_("Job title in English"))

    def __init__(self, *args: Any, user: User, current: Employment | None = None, **options: Any) -> None:
        super().__init__(*args, **{"initial": _facts(current)} | options)
        units: Any = self.fields["unit"]
        units.units = OrganizationUnit.objects.editable_by(user)
        people: Any = self.fields["manager"]
        people.people = Person.objects.choosable_as_manager_by(user)
        if current is not None and current.manager is not None:
            people.people |= Person.objects.filter(pk=current.manager.pk)

    def job(self) -> dict[str, Any]:
        """What services of employments take."""
        names = ("unit", "on", "manager", "job_role", "number")
        found = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        return found | {"job_title": self.texts("title")}


class HireForm(JobForm):
    number = number_field()


class TransferForm(HireForm):
    field_order = ("on",)


def _facts(current: Employment | None) -> dict[str, Any]:
    if current is None:
        return {}
    titles = {f"title_{language}": text for language, text in current.job_title.items()}
    return titles | {
        "unit": current.unit,
        "manager": current.manager,
        "job_role": current.job_role_id,
    }


class LeaveForm(ServiceForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=Leave.Kind)
    on = DayField(label=_("First day"), help_text=AHEAD)
    until = DayField(
        label=_("Last day"), required=False, help_text=_("Leave it empty while nobody knows yet.")
    )


class ReturnForm(ServiceForm):
    on = DayField(label=_("First day back"), help_text=AHEAD)


class LastDayForm(ServiceForm):
    on = DayField(
        label=_("Last day of work"), help_text=_("The account closes by itself at the midnight after it.")
    )


class EndJobForm(ServiceForm):
    on = DayField(label=_("Last day of this job"))
