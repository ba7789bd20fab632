"""Texts to translate: collected from Python and templates, compared with and written into locale/.

`python -m tests.messages` fails where a language is incomplete; `--write` updates the catalogues.
Django's own makemessages needs GNU gettext, which a fresh machine does not have; Babel reads the same files.
"""

from __future__ import annotations

import datetime
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
LANGUAGES = ("ko",)  # English is the language of the sources
APPS = ("lms", "dashboards", "grading", "courses", "people", "records")
_DATE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def collect() -> Catalog:
    """Every text that a user may see, with where it stands."""
    from django.utils.translation.template import templatize

    catalog = Catalog(charset="utf-8")
    sources = [(path, path.read_text()) for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    templates = sorted(path for kind in ("*.html", "*.txt") for path in (ROOT / "templates").rglob(kind))
    sources += [(path, _as_python(templatize(path.read_text(), origin=str(path)))) for path in templates]
    for path, text in sources:
        if "migrations" in path.parts or "samples" in path.parts:
            continue
        for line, message, _comments, context in extract("python", io.BytesIO(text.encode()), KEYWORDS):
            catalog.add(message, None, [(str(path.relative_to(ROOT)), line)], context=context)
    return catalog


def _as_python(templatized: str) -> str:
    """Django turns a template into calls of gettext for xgettext, which minds no indentation; Python does."""
    return "\n".join(line.strip() for line in templatized.splitlines())


def _path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def _merged(language: str) -> Catalog:
    path = _path(language)
    catalog = (
        read_po(io.BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
    )
    catalog.update(collect(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment = ""
    catalog.creation_date = catalog.revision_date = _DATE  # when it was written changes nothing
    return catalog


def _compiled(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def write(language: str) -> None:
    catalog, path = _merged(language), _path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, omit_header=False, include_lineno=False, sort_by_file=True)
    path.with_suffix(".mo").write_bytes(_compiled(read_po(io.BytesIO(path.read_bytes()), locale=language)))
    _cities_path(language).write_text(_cities(language))


def faults(language: str) -> list[str]:
    """What is missing, out of date or broken in a language's catalogue."""
    path = _path(language)
    if not path.exists():
        return [f"{path.relative_to(ROOT)} is missing"]
    found = [
        f"{language}: not translated: {message.id!r}" for message in _merged(language) if _is_missing(message)
    ]
    catalog = read_po(io.BytesIO(path.read_bytes()), locale=language)
    for message in catalog:
        found += [f"{language}: {message.id!r}: {error}" for error in message.check(catalog)]
        if language == "ko":
            found += [
                f"ko: {message.id!r}: {error}" for text in _texts(message) for error in particle_faults(text)
            ]
    if path.with_suffix(".mo").read_bytes() != _compiled(catalog):
        found.append(f"{language}: the compiled catalogue is out of date; run `make messages`")
    path = _cities_path(language)
    if not path.exists() or path.read_text() != _cities(language):
        found.append(f"{language}: the time zones' cities are out of date; run `make messages`")
    return found


_PLACE = r"(?:%\(\w+\)[a-z]|%[a-z]|\{\w*\})"
_BETWEEN = r"(?:</?\w+[^<>]*>|&\w+;|[’”\"'」』〉》\])])*"
_BARE = re.compile(
    _PLACE
    + _BETWEEN
    + r" ?(?:은|는|이|가|을|를|과|와|으로|로|이나|나|이랑|랑|아|야|이에요|예요)(?![가-힣(/])"
)
_PAIRED = re.compile(
    r"(?:[은는이가을를과와야]|으로|로|나|랑)\((?:[은는이가을를과와야]|으로|로|예요|이나|이랑)\)"
    r"|\([은이을과으]\)[가-힣]|[은이을과]/[는가를와]|[는가를와]/[은이을과]"
)
_PAIRED_WELL = re.compile(rf"%\(\w+\)[a-z]{_BETWEEN}$")


def particle_faults(text: str) -> Iterator[str]:
    """A particle after a placeholder is a pair, as in `%(title)s을(를)`; anywhere else it is decided by hand."""
    for match in _BARE.finditer(text):
        yield f"the particle must fit whatever is filled in; write a pair such as 을(를): {match[0]}"
    for match in _PAIRED.finditer(text):
        if not _PAIRED_WELL.search(text[: match.start()]):
            yield f"decide the particle: only directly after a placeholder %(name)s it is chosen: {match[0]}"


def _cities_path(language: str) -> Path:
    return _path(language).parent.parent / "cities.json"


def _cities(language: str) -> str:
    from tests.cities import cities  # models: only once Django is set up

    return cities(language)


def _texts(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (tuple, list)) else [message.string or ""]


def _is_missing(message: Message) -> bool:
    if not message.id:
        return False
    return message.fuzzy or not all(_texts(message))


def main() -> int:
    django.setup()
    if "--write" in sys.argv:
        for language in LANGUAGES:
            write(language)
    problems = [fault for language in LANGUAGES for fault in faults(language)]
    print(*problems, sep="\n")
    print(f"translations: {len(problems)} faults")
    return bool(problems)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
    sys.exit(main())
