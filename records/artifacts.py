"""Bytes named by their SHA-256: notebooks, figures. Written once, never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

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
