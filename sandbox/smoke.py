"""Imports every package that a requirements.in names, in the environment whose Python runs this."""

from __future__ import annotations

import importlib
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def main() -> None:
    modules: dict[str, list[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            modules.setdefault(_normal(name), []).append(module)
    for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        match = NAME.match(line)
        if match and _is_installed(match.group()):
            for module in modules.get(_normal(match.group()), []):
                if not module.startswith("_"):
                    importlib.import_module(module)


def _is_installed(name: str) -> bool:
    """A requirement for other versions of Python is in the lock but not here."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
