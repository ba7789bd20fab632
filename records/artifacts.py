"""Bytes named by their SHA-256: notebooks, figures. Written once, never changed.

A file with a key of its own (`store_file(…, key=)`) is the exception: it can be removed, nothing else can mean it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, storages


class ArtifactStorage(FileSystemStorage):
    """A folder in which a file appears whole or not at all, and survives a power cut once saved."""

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = self.file_permissions_mode
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as temporary:
            try:
                for chunk in content.chunks():
                    temporary.write(chunk)
                temporary.flush()
                if mode is not None:
                    os.fchmod(temporary.fileno(), mode)
                os.fsync(temporary.fileno())
                Path(temporary.name).replace(target)
            except BaseException:
                Path(temporary.name).unlink(missing_ok=True)
                raise
        self._sync_folders(target)
        return name

    def _sync_folders(self, target: Path) -> None:
        """Make the names on the way to `target` last: a file is lost with the entry that leads to it.

        All of them, since another process may have made a folder a moment ago and not synced it yet.
        """
        root = Path(self.location)
        for folder in target.parents:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if folder == root.parent:
                break


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def store(data: bytes) -> str:
    """Keep `data`; return its SHA-256 in hex, the key to `read` it by. Raises OSError when the disk is full."""
    sha256 = hashlib.sha256(data).hexdigest()
    storage = storages["artifacts"]
    if not storage.exists(_name(sha256)):
        storage.save(_name(sha256), ContentFile(data))
    return sha256


def read(sha256: str) -> bytes:
    """Raises FileNotFoundError where no artifact of that hash was stored."""
    with storages["artifacts"].open(_name(sha256)) as file:
        data: bytes = file.read()
    return data


@dataclass(frozen=True)
class Stored:
    """What was kept: `key` opens it, `size` is in bytes."""

    key: str
    sha256: str
    size: int


def store_file(file: IO[bytes], *, key: str = "") -> Stored:
    """Keep what `file` (seekable, of any size) holds, a piece at a time.

    Without a key it is named by its SHA-256, as `store` does. With one it replaces what lay there before, and
    `remove` takes it away. Raises OSError when the disk is full.
    """
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]  # IO[bytes] has what it needs
    stored = Stored(key or _name(digest.hexdigest()), digest.hexdigest(), file.seek(0, os.SEEK_END))
    file.seek(0)
    storage = storages["artifacts"]
    if key:
        storage.delete(key)
    if not storage.exists(stored.key):
        storage.save(stored.key, File(file))
    return stored


def open_file(key: str) -> Any:
    """The file under a `Stored.key`, open for reading. Raises FileNotFoundError where there is none."""
    return storages["artifacts"].open(key)


def keys_below(folder: str) -> Iterator[list[str]]:
    """The keys of the files in each folder right below `folder`; nothing where there is no such folder."""
    storage = storages["artifacts"]
    try:
        shards, _files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for shard in shards:
        _folders, names = storage.listdir(f"{folder}/{shard}")
        yield [f"{folder}/{shard}/{name}" for name in names]


def remove(key: str) -> None:
    """Take away what was stored under a key of its own; nothing happens where nothing lies."""
    storages["artifacts"].delete(key)
