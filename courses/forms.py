from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from courses.models import Course

SORTS = (("newest", _("Newest first")), ("title", _("By title")))


class CatalogueForm(forms.Form):
    """What an address asks of the catalogue. What it asks wrongly counts as not asked."""

    q = forms.CharField(label=_("Search by title, content or skill"), required=False, max_length=100)
    level = forms.MultipleChoiceField(label=_("Level"), required=False, choices=Course.Level)
    practice = forms.MultipleChoiceField(label=_("Exercises"), required=False, choices=Course.Practice)
    language = forms.MultipleChoiceField(label=_("Language"), required=False, choices=settings.LANGUAGES)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)

    def asked(self) -> dict[str, Any]:
        """The valid ones among what was asked, by field."""
        self.is_valid()
        empty = {"q": "", "level": [], "practice": [], "language": [], "sort": ""}
        return empty | self.cleaned_data
