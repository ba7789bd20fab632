"""A language that shows what went through gettext: “⟪Welcome back, ⟦Minjun⟧⟫”.

It has every text of ours and, of Django's and the libraries', those that exist in Korean: what a page shows
outside of ⟪⟫ would be English on a Korean page. What fills a placeholder stands in ⟦⟧ and is asked about again.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.test import override_settings
from django.utils import translation

from tests.messages import collect

CODE = "en-xx"  # to Django a kind of English: nothing falls back to Korean, and dates look English
_PLACE = re.compile(r"(%\(\w+\)[-#0-9.+ ]*[a-zA-Z]|%[a-z]|\{\w*\})")


@contextlib.contextmanager
def pseudo_language(folder: Path) -> Iterator[None]:
    """The site also speaks CODE, and here it is active; `folder` takes the catalogue."""
    path = folder / "en_XX" / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    path.write_bytes(_compiled())
    languages = [*settings.LANGUAGES, (CODE, "Pseudo")]
    paths = [*settings.LOCALE_PATHS, folder]
    with override_settings(LANGUAGES=languages, LOCALE_PATHS=paths), translation.override(CODE):
        yield


def wrapped(text: str) -> str:
    places = _PLACE.sub(r"⟦\1⟧", text)
    return f"⟪{places}⟫"


@functools.cache
def _compiled() -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, _catalogue())
    return buffer.getvalue()


def _catalogue() -> Catalog:
    made = Catalog(locale="en", charset="utf-8")
    for message in (*_of_libraries(), *collect()):
        texts = message.id if isinstance(message.id, (tuple, list)) else [message.id]
        if not message.id or (message.context or "").startswith("format "):
            continue
        said = tuple(map(wrapped, texts))
        made.add(message.id, said if len(said) > 1 else said[0], context=message.context)
    return made


def _of_libraries() -> Iterator[Message]:
    folders = [
        Path(django.__file__).parent / "conf",
        *(Path(config.path) for config in apps.get_app_configs()),
    ]
    for folder in folders:
        path = folder / "locale" / "ko" / "LC_MESSAGES" / "django.po"
        if path.exists():
            with path.open("rb") as file:
                yield from (
                    message
                    for message in read_po(file)
                    if message.string and any(message.string) and not message.fuzzy
                )
