"""What people read on a page that is neither translated nor somebody's own text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db import models
from lxml import html

from people.models import Person

# Code and what people typed is nobody's to translate.
_NOT_READ = {"script", "style", "code", "pre", "kbd", "samp", "textarea", "template"}
_ATTRIBUTES = (
    "alt",
    "title",
    "placeholder",
    "aria-label",
    "aria-description",
    "aria-valuetext",
    "label",
    "summary",
)
_BUTTONS = {"submit", "button", "reset"}
# What a script shows comes from data attributes: sentences, and words such as “Copied”. Others are for machines.
_SHOWN_BY_SCRIPT = re.compile(r"[A-Z][a-z]+$|.*[A-Za-z]{2,} [A-Za-z]{2,}")
_BETWEEN = re.compile(r"[\n·|/:()\[\],;–—→“”\"‘’…]+")
_LETTER = re.compile(r"[^\W\d_]")
_SAMPLE_SIZE = re.compile(r"n = \d+$")  # statistics are written so in every language
_OURS = {"lms", "dashboards", "grading", "courses", "people", "records"}


def untranslated(page: str, data: str) -> list[str]:
    """Pieces of text of a page in the pseudo language; `data` holds all that people wrote."""
    document = html.document_fromstring(page)
    parts: list[str] = []
    _collect(document, document.get("lang", ""), parts)
    found = _strange("\n".join(parts), data)
    for element in document.iter():
        if isinstance(element.tag, str) and not _is_foreign(element, document.get("lang", "")):
            for text in _attributes(element):
                found += _strange(text, data)
    return found


def written_by_people() -> str:
    """Every text in the database that no programmer chose."""
    texts = [*settings.SITE_NAME.values(), *dict(settings.LANGUAGES).values()]
    texts += [person.initials for person in Person.objects.all()]
    for model in apps.get_models():
        if model._meta.app_label in _OURS:  # noqa: SLF001 - Django documents _meta as public
            names = [field.name for field in model._meta.fields if _holds_text(field)]  # noqa: SLF001
            for row in model._default_manager.values_list(*names) if names else ():  # noqa: SLF001
                texts += [text for value in row for text in _strings(value)]
    return "\n".join(texts)


def _strange(text: str, data: str) -> list[str]:
    outside, is_balanced = _outside(text)
    pieces = [piece.strip(" .!?%+-*#\t\r") for piece in _BETWEEN.split(outside)]
    found = [piece for piece in pieces if _LETTER.search(piece) and not _is_data(piece, data)]
    return found if is_balanced else [*found, f"a translation is cut: {text[:200]!r}"]


def _outside(text: str) -> tuple[str, bool]:
    """What is not translated: outside of ⟪⟫, or within ⟦⟧, where something was filled in."""
    kept, open_ = "", ""
    for character in text:
        if character in "⟪⟦":
            open_ += character
        elif character in "⟫⟧":
            open_ = open_[:-1]
        elif not open_.endswith("⟪"):
            kept += character
            continue
        kept += "\n" if character in "⟪⟦⟫⟧" else ""
    return kept, not open_


def _is_data(piece: str, data: str) -> bool:
    return _SAMPLE_SIZE.match(piece) is not None or _stands_in(piece, data)


def _stands_in(piece: str, data: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", data) is not None


def _collect(element: html.HtmlElement, language: str, parts: list[str]) -> None:
    if isinstance(element.tag, str) and element.tag not in _NOT_READ and not _is_foreign(element, language):
        parts.append(element.text or "")
        for child in element:
            _collect(child, language, parts)
            parts.append(child.tail or "")


def _is_foreign(element: html.HtmlElement, language: str) -> bool:
    return bool(element.get("lang", language) != language or element.get("translate") == "no")


def _attributes(element: html.HtmlElement) -> Iterator[str]:
    for name, value in element.attrib.items():
        is_button = element.tag == "input" and name == "value" and element.get("type") in _BUTTONS
        is_shown = name.startswith("data-") and _SHOWN_BY_SCRIPT.match(value)
        is_description = name == "content" and element.get("name") == "description"
        if name in _ATTRIBUTES or is_button or is_shown or is_description:
            yield value


def _holds_text(field: models.Field[object, object]) -> bool:
    is_text = isinstance(field, (models.CharField, models.TextField, models.JSONField))
    return is_text and not field.choices and not isinstance(field, models.SlugField)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)
