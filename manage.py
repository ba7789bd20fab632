#!/usr/bin/env python
"""The site's commands; `manage.py help` lists them.

They use the running database of DATA_DIR, else start it for their duration.
"""

import os
import sys
from collections.abc import Callable

NEED_NO_DATABASE = {
    "check", "collectstatic", "compilemessages", "diffsettings", "findstatic", "grade_notebook",
    "help", "makemessages", "smoke", "stop_test", "up", "version",
}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "help")
    if command == "up":
        # The supervisor stays for as long as the site does: without Django it is a third of the size.
        from lms import supervisor

        sys.exit(supervisor.main(sys.argv[sys.argv.index("up") + 1 :]))
    if command in NEED_NO_DATABASE or "--help" in sys.argv or _has_database():
        _run()
    else:
        _with_database(_run)


def _run() -> None:
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError:
        sys.exit(
            "manage.py: this Python lacks what the site needs. Run `make setup`, then .venv/bin/python manage.py."
        )
    execute_from_command_line(sys.argv)


def _has_database() -> bool:
    """One of our own is set, or `up` runs the embedded one around us."""
    return any(name in os.environ for name in ("DATABASE_URL", "DATABASE_URL_FILE", "MARU_UP"))


def _with_database(run: Callable[[], None]) -> None:
    from lms import keeper, places
    from lms.processes import StartFailed

    try:
        with keeper.database_running(places.data_dir()):
            run()
    except (StartFailed, PermissionError, NotADirectoryError) as reason:
        sys.exit(f"{sys.argv[1]}: {reason}")


if __name__ == "__main__":
    main()
