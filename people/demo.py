"""The password of the sample group's accounts."""

from __future__ import annotations

import os


def demo_password() -> str:
    return os.environ.get("DEMO_PASSWORD", "demo")
