"""Text that a learner reads exists in several languages: `{"en": …, "ko": …}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.functional import Promise
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _


class TranslatedText(dict[str, str]):
    """A mapping of language code to text that prints itself in the reader's language.

    Where that language is missing, the first one stands in: `str()` is never empty by accident.
    """

    def __str__(self) -> str:
        return self.into(get_language() or "")

    def into(self, language: str) -> str:
        text = self.get(language) or self.get(language.split("-", maxsplit=1)[0])
        return text or next(iter(self.values()), "")


def in_every_language(text: str | Promise | Mapping[str, str]) -> TranslatedText:
    """A lazy translation as a row keeps it; a plain string stays what it is for every reader."""
    if isinstance(text, Mapping):
        return TranslatedText(text)
    if isinstance(text, Promise):
        return TranslatedText({code: _in_language(code, text) for code, _name in settings.LANGUAGES})
    return TranslatedText({"und": text} if text else {})


def _in_language(code: str, text: Promise) -> str:
    with override(code):
        return str(text)


if TYPE_CHECKING:
    _JSONField = models.JSONField[Any, TranslatedText]
else:
    _JSONField = models.JSONField


class _AsTranslatedText(DeferredAttribute):
    """What is assigned reads the same as what comes from the database."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        text = TranslatedText(value) if isinstance(value, Mapping) else value
        instance.__dict__[self.field.attname] = text


class TranslatedField(_JSONField):
    """A JSON object of language code to non-empty text; reads as `TranslatedText`."""

    descriptor_class = _AsTranslatedText

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> TranslatedText:
        loaded = super().from_db_value(value, expression, connection)
        return TranslatedText(loaded or {})

    def to_python(self, value: Any) -> TranslatedText:
        return TranslatedText(super().to_python(value) or {})

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(dict(value) if isinstance(value, Mapping) else value)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        if not all(isinstance(text, str) and text.strip() for text in value.values()):
            raise ValidationError(_("Every language needs a text."))
