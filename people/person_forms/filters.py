"""The fields that narrow the list of people. What they mean is `people.listing`'s affair."""

from __future__ import annotations

import uuid
from itertools import groupby
from typing import Any

from django import forms
from django.db.models import Q
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.listing import SUSPENDED, Wanted
from people.models import JobRole, OrganizationUnit, Person, Role, User
from people.reach import Reach

_ANY = gettext_lazy("All")


class _Select(forms.Select):
    """Draws its options at once: Django's own takes two templates for each, a fifth of the whole page's time."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        options = [_drawn(key, label, str(value or "")) for key, label in self.choices]
        given = flatatt(self.build_attrs(self.attrs, {"name": name, **(attrs or {})}))
        return format_html("<select{}>{}</select>", given, SafeString("".join(options)))


def _drawn(key: Any, label: Any, chosen: str) -> SafeString:
    if isinstance(label, list):
        members = "".join(_drawn(value, text, chosen) for value, text in label)
        return format_html('<optgroup label="{}">{}</optgroup>', key, SafeString(members))
    mark = SafeString(" selected" if str(key) == chosen else "")
    return format_html('<option value="{}"{}>{}</option>', key, mark, label)


class PeopleFilter(forms.Form):
    """At most two questions to the database: the units to choose from, and the jobs."""

    affiliate = forms.ChoiceField(label=gettext_lazy("Affiliate"), required=False, widget=_Select)
    unit = forms.ChoiceField(label=gettext_lazy("Unit, with all below it"), required=False, widget=_Select)
    status = forms.ChoiceField(label=gettext_lazy("Status"), required=False, widget=_Select)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, widget=_Select)
    job = forms.ChoiceField(label=gettext_lazy("Job"), required=False, widget=_Select)
    role = forms.ChoiceField(label=gettext_lazy("Role"), required=False, widget=_Select)
    scope = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, wanted: Wanted, *, user: User, reach: Reach) -> None:
        super().__init__(initial=wanted.as_params())
        status = [*Person.Status.choices, (SUSPENDED, _("Deactivated"))]
        self._choose("status", status)
        self._choose("job", _jobs())
        if wanted.scope == "administered":
            units = _units(user, wanted, reach)
            affiliates = [unit for unit in units if unit.kind == OrganizationUnit.Kind.AFFILIATE]
            self._choose("affiliate", [(str(unit.pk), str(unit)) for unit in affiliates])
            below = [unit for unit in units if _is_offered(unit, wanted, reach)]
            self._choose("unit", [(str(unit.pk), _indented(unit)) for unit in below])
            self._choose("kind", Person.Kind.choices)
            self._choose("role", Role.Kind.choices)
        for name in ("affiliate", "unit", "kind", "role"):
            field: Any = self.fields[name]
            if not field.choices or (name == "affiliate" and len(reach.affiliates) == 1):
                del self.fields[name]

    def _choose(self, name: str, choices: list[Any]) -> None:
        if choices:
            field: Any = self.fields[name]
            field.choices = [("", _ANY), *choices]

    def tags(self, wanted: Wanted) -> list[tuple[str, str]]:
        """(label, name of the field) of each filter that is on."""
        return [
            (f"{field.label}: {_chosen(field, value)}", field.name)
            for field in self.visible_fields()
            if (value := wanted.as_params().get(field.name))
        ]


def _chosen(field: forms.BoundField, value: str) -> str:
    options: Any = field.field
    flat = [
        pair
        for label, content in options.choices
        for pair in (content if isinstance(content, list) else [(label, content)])
    ]
    return next((str(label).strip("\u2003") for key, label in flat if str(key) == value), _("chosen"))


def _units(user: User, wanted: Wanted, reach: Reach) -> list[OrganizationUnit]:
    """All affiliates, and of the chosen one its departments."""
    near = Q(kind=OrganizationUnit.Kind.AFFILIATE) | Q(affiliate=None)
    if wanted.affiliate:
        near |= Q(affiliate=uuid.UUID(wanted.affiliate))
    else:
        near |= Q(affiliate__in=reach.affiliates)
    return list(OrganizationUnit.objects.editable_by(user).filter(near).order_by("path"))


def _is_offered(unit: OrganizationUnit, wanted: Wanted, reach: Reach) -> bool:
    if reach.is_group_admin and not wanted.affiliate:
        return unit.affiliate_id is None and unit.kind != OrganizationUnit.Kind.GROUP
    return unit.kind == OrganizationUnit.Kind.DEPARTMENT


def _indented(unit: OrganizationUnit) -> str:
    return "\u2003" * max(len(unit.path) - 3, 0) + str(unit)


def _jobs() -> list[Any]:
    roles = JobRole.objects.select_related("family").order_by("family__code", "code")
    return [
        (
            str(family),
            [
                (f"family:{family.pk}", _("All of %(family)s") % {"family": family}),
                *((f"role:{role.pk}", str(role)) for role in members),
            ],
        )
        for family, members in groupby(roles, key=lambda role: role.family)
    ]
