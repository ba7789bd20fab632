"""The static files as they are served: with their digest in the name, compressed beforehand."""

from __future__ import annotations

import fcntl
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

_MANIFEST = "staticfiles.json"


def collect_if_stale() -> None:
    """Collect when a source is newer than the manifest. Sites of several data folders share the result."""
    if settings.DEBUG or settings.TESTING or not _is_stale():
        return
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with (root.parent / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_stale():
            call_command("collectstatic", interactive=False, verbosity=0)


def _is_stale() -> bool:
    manifest = Path(settings.STATIC_ROOT) / _MANIFEST
    if not manifest.exists():
        return True
    collected = manifest.stat().st_mtime
    sources = (path for folder in settings.STATICFILES_DIRS for path in Path(folder).rglob("*"))
    return any(path.stat().st_mtime > collected for path in sources)
