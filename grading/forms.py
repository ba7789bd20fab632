from __future__ import annotations

import uuid

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from grading.models import TestResult


class SubmitForm(forms.Form):
    """Answers typed into the page, or a notebook file; the key makes a repeated click harmless."""

    idempotency_key = forms.UUIDField()
    notebook = forms.FileField(required=False, allow_empty_file=True)

    def key(self) -> uuid.UUID:
        key: uuid.UUID = self.cleaned_data["idempotency_key"]
        return key


class HandGradeForm(forms.Form):
    points = forms.FloatField(label=_("Points"), min_value=0)
    comment = forms.CharField(
        label=_("Comment for the learner"), required=False, max_length=4000, widget=forms.Textarea
    )

    def __init__(self, result: TestResult, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"points": result.points, "comment": result.comment})
        self.fields["points"].widget.attrs |= {"max": result.max_points, "step": "any", "autofocus": True}
