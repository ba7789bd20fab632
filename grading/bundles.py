"""The files of a checked program as one artifact: bounded, read without trust, the same bytes for the same files."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

MAX_FILE = 200_000
MAX_FILES = 10
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}\.py")
_BOM = "\ufeff"


class BundleRefused(Exception):
    """Files that cannot be graded; the message says what is wrong and what to do, in the reader's language."""


@dataclass(frozen=True)
class Bundle:
    """Python files by name; `entry` is the one whose functions are called."""

    entry: str
    files: Mapping[str, str]

    def dump(self) -> bytes:
        facts = {"entry": self.entry, "files": dict(sorted(self.files.items()))}
        return json.dumps(facts, ensure_ascii=False).encode()

    @classmethod
    def load(cls, data: bytes) -> Bundle:
        """What `dump` wrote and we kept."""
        facts = json.loads(data)
        return cls(facts["entry"], facts["files"])

    def ordered(self) -> list[tuple[str, str]]:
        """The entry first."""
        return sorted(self.files.items(), key=lambda item: (item[0] != self.entry, item[0]))

    def zipped(self) -> bytes:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for name, text in self.ordered():
                file.writestr(zipfile.ZipInfo(name), text)
        return archive.getvalue()


def handed_in(starter: Bundle, files: Mapping[str, str]) -> Bundle:
    """The learner's bundle: their text of each of the starter's files. Raises BundleRefused."""
    for name, text in files.items():
        if name not in starter.files:
            raise BundleRefused(
                _("%(name)s is not a file of this exercise. It wants: %(names)s.")
                % {"name": name[:80], "names": ", ".join(name for name, _text in starter.ordered())}
            )
        if len(text.encode("utf-8", "replace")) > MAX_FILE:
            raise BundleRefused(
                _("%(name)s is larger than 200 kB. Take out what the program does not need.") % {"name": name}
            )
        if "\0" in text:
            raise BundleRefused(_("%(name)s is not a text file.") % {"name": name})
    missing = [name for name in starter.files if name not in files]
    if missing:
        raise BundleRefused(_("%(name)s is missing. Hand in every file.") % {"name": ", ".join(missing)})
    return Bundle(
        starter.entry, {name: files[name].encode("utf-8", "replace").decode() for name in starter.files}
    )


def decoded(name: str, data: bytes) -> str:
    """An uploaded file as text. Raises BundleRefused."""
    if len(data) > MAX_FILE:
        raise BundleRefused(
            _("%(name)s is larger than 200 kB. Take out what the program does not need.")
            % {"name": name[:80]}
        )
    try:
        return data.decode("utf-8").removeprefix(_BOM).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BundleRefused(
            _("%(name)s is not UTF-8 text. Save it as a Python file in UTF-8.") % {"name": name[:80]}
        ) from error
