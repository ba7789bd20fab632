"""Files that the code of one side writes and the code of the other reads: those of the working directory, bounded."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from sandbox.inside.values import Decoder, Encoder, Nonsense

MOST_FILES, MOST_BYTES = 40, 4 << 20
# No hidden files, and none that a library takes its settings from.
_NAME = re.compile(r"(?!matplotlibrc$)[\w][\w .()+-]{0,80}(/[\w][\w .()+-]{0,80}){0,3}")


class Folder:
    def __init__(self) -> None:
        self._known = dict(self._facts())

    def changed(self, encoder: Encoder) -> dict[str, Any]:
        """Name and buffer of what is new; by being asked it counts as told."""
        now = dict(self._facts())
        new = [name for name, facts in now.items() if self._known.get(name) != facts]
        self._known = now
        return {name: {"b": encoder.buffer(Path(name).read_bytes())} for name in new}

    def take(self, files: Any, decoder: Decoder) -> None:
        if type(files) is not dict or len(files) > MOST_FILES:
            raise Nonsense("files")
        for name, tree in files.items():
            if not _NAME.fullmatch(name) or type(tree) is not dict:
                raise Nonsense("file")
            path = Path(name)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
                with os.fdopen(os.open(path, flags, 0o600), "wb") as stream:
                    stream.write(decoder.buffer(tree))
            except OSError as error:
                raise Nonsense("file") from error
        self._known = dict(self._facts())

    @staticmethod
    def _facts() -> list[tuple[str, tuple[int, int]]]:
        facts: list[tuple[str, tuple[int, int]]] = []
        room = MOST_BYTES
        for folder, _folders, files in os.walk("."):
            for file in files:
                path = Path(folder, file)
                stat = path.lstat()
                room -= stat.st_size
                if (
                    path.is_symlink()
                    or not _NAME.fullmatch(str(path))
                    or room < 0
                    or len(facts) >= MOST_FILES
                ):
                    continue
                facts.append((str(path), (stat.st_mtime_ns, stat.st_size)))
        return facts
