"""Forms for a person: new, names, roles, account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.models import OrganizationUnit, Person, Role, User
from people.person_forms.base import NameForm, ServiceForm, email_field, number_field
from people.person_forms.work import JobForm
from people.reach import reach_of
from records.models import new_id


def _key() -> forms.UUIDField:
    """The id of whoever the form creates: sent twice, it creates nobody twice."""
    return forms.UUIDField(widget=forms.HiddenInput, initial=new_id)


class NewEmployeeForm(NameForm, JobForm):
    key = _key()
    email = email_field(required=False)
    number = number_field()
    field_order = ("key", "name_ko", "name_en", "email", "number", "unit", "on", "manager")


class NewPartnerForm(NameForm):
    key = _key()
    email = email_field(help_text=_("The partner logs in with it."))
    affiliate = forms.ModelChoiceField(
        OrganizationUnit.objects.none(),
        label=_("Invited by"),
        empty_label=None,
        help_text=_("The affiliate whose admins look after the partner."),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["affiliate"]
        field.queryset = OrganizationUnit.objects.editable_by(user).affiliates().order_by("code")


class EditPersonForm(NameForm):
    email = email_field(required=False)

    def __init__(self, *args: Any, person: Person, **options: Any) -> None:
        names = {f"name_{language}": text for language, text in person.name.items()}
        super().__init__(*args, **{"initial": names | {"email": person.user.email}} | options)


class SuspendForm(ServiceForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the record, where the person can read it."),
    )


class GiveRoleForm(ServiceForm):
    kind = forms.ChoiceField(label=_("Role"), choices=())
    unit = forms.ModelChoiceField(
        OrganizationUnit.objects.none(),
        label=_("Affiliate"),
        required=False,
        empty_label=_("The whole group"),
        help_text=_("A training admin belongs to an affiliate, the other roles to the group."),
    )

    def __init__(self, *args: Any, user: User, person: Person, **options: Any) -> None:
        super().__init__(*args, **options)
        whole = reach_of(user).is_group_admin
        kinds = Role.Kind.choices if whole else Role.Kind.choices[:1]
        field: Any = self.fields["kind"]
        field.choices = kinds
        units: Any = self.fields["unit"]
        units.queryset = OrganizationUnit.objects.editable_by(user).affiliates().order_by("code")
        units.initial = person.affiliate_id
        if not whole:
            units.empty_label, units.required = None, True

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("kind") not in {None, Role.Kind.TRAINING_ADMIN}:
            data["unit"] = OrganizationUnit.objects.filter(kind=OrganizationUnit.Kind.GROUP).first()
        elif data.get("unit") is None and "unit" not in self.errors:
            self.add_error("unit", _("Choose the affiliate."))
        return data
