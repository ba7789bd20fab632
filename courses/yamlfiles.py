"""YAML of course folders, read strictly: a fault names its file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from courses.drafts import CourseFileError

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_BYTES = 1_000_000
_MAX_KEY, _MAX_NUMBER = 80, 1_000_000


class Fields:
    """A YAML mapping whose values are asked for by name and type; raises CourseFileError.

    `values` is what stands in the file, of whatever type; `offset` the lines of the file before it.
    """

    def __init__(self, path: Path, values: Any, *, offset: int = 0) -> None:
        if not isinstance(values, Mapping):
            raise CourseFileError(path, "fields of the form `name: value` are needed", line=1 + offset)
        self.path, self.values, self._offset = path, values, offset

    def error(self, name: str, reason: str) -> CourseFileError:
        line = None
        if isinstance(self.values, CommentedMap) and name in self.values:
            line = self.values.lc.key(name)[0] + 1 + self._offset
        return CourseFileError(self.path, f"{name}: {reason}", line=line)

    def only(self, *names: str) -> None:
        """Refuse fields that nobody reads: they are usually misspelt."""
        for name in self.values:
            if name not in names:
                raise self.error(str(name), f"unknown field; known are {', '.join(names)}")

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, "a text is needed")
        return value.strip()

    def key(self, name: str, *, longest: int = _MAX_KEY) -> str:
        value = self.text(name)
        if not _KEY.fullmatch(value) or len(value) > longest:
            raise self.error(
                name, f"{value!r}: small letters, digits and single hyphens are needed, at most {longest}"
            )
        return value

    def number(self, name: str, *, minimum: float, maximum: float = _MAX_NUMBER) -> float:
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not minimum <= value <= maximum:
            raise self.error(name, f"a number from {minimum:,} to {maximum:,} is needed")
        return value

    def integer(self, name: str, *, minimum: int, maximum: int = _MAX_NUMBER) -> int:
        value = self.number(name, minimum=minimum, maximum=maximum)
        if value != int(value):
            raise self.error(name, "a whole number is needed")
        return int(value)

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(name, "a list of texts is needed")
        return tuple(value)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """The fields below `name`; empty where there are none."""
        value = self.values.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.error(name, "fields of the form `name: value` are needed")
        return value

    def translated(self, name: str, languages: Sequence[str]) -> dict[str, str]:
        return self._in_languages(name, self.values.get(name), languages)

    def translated_list(self, name: str, languages: Sequence[str]) -> tuple[dict[str, str], ...]:
        value = self.values.get(name)
        if not isinstance(value, list):
            raise self.error(name, "a list is needed")
        return tuple(self._in_languages(name, item, languages) for item in value)

    def _in_languages(self, name: str, value: Any, languages: Sequence[str]) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise self.error(name, f"a text for each of {', '.join(languages)} is needed")
        for language in languages:
            if not isinstance(value.get(language), str) or not value[language].strip():
                raise self.error(name, f"the text in {language!r} is missing")
        return {language: value[language].strip() for language in languages}


def read(path: Path) -> Fields:
    return Fields(path, _load(path, text_of(path)))


def front_matter(path: Path) -> tuple[Fields, str, int]:
    """The fields between the first two `---` lines, the Markdown after them, and the line it begins on."""
    text = text_of(path)
    match = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if not match:
        raise CourseFileError(path, "the file must begin with front matter between two lines of ---", line=1)
    fields = Fields(path, _load(path, match[1], offset=1), offset=1)
    body = text[match.end() :].strip()
    return fields, body + "\n", text.count("\n", 0, text.index(body, match.end())) + 1


def text_of(path: Path) -> str:
    """A text file of at most 1 MB; raises CourseFileError where it is missing, too large or not UTF-8."""
    if not path.is_file():
        raise CourseFileError(path, "the file is missing")
    if path.stat().st_size > _MAX_BYTES:
        raise CourseFileError(path, "larger than 1 MB")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise CourseFileError(path, f"not UTF-8 at byte {error.start}") from error


def _load(path: Path, text: str, *, offset: int = 0) -> Any:
    try:
        return YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 + offset if error.problem_mark else None
        raise CourseFileError(path, f"not valid YAML: {error.problem}", line=line) from error
    except YAMLError as error:
        raise CourseFileError(path, f"not valid YAML: {error}") from error
