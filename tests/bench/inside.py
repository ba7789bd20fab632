"""`python -m tests.bench.inside`: asked with a running site's DATA_DIR; says paths, queries and tokens as JSON."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
django.setup()

from django.db import connection  # noqa: E402 - models need a configured Django
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import Resolver404, resolve, reverse  # noqa: E402

from courses.models import CourseRun  # noqa: E402
from people.models import User  # noqa: E402
from records import live  # noqa: E402

STREAMS = 200
# Name, account, path; None: the table of the run that the instructor teaches now.
PAGES: tuple[tuple[str, str, str | None], ...] = (
    ("home of a learner", "learner", "/"),
    ("home of an admin", "group-admin", "/"),
    ("catalogue", "learner", "/courses/"),
    ("people search", "group-admin", "/people/?q=김가"),
    ("people, a list of all", "group-admin", "/people/"),
    ("table of grades", "instructor", None),
)


def main() -> None:
    pages: list[dict[str, Any]] = []
    for name, account, fixed in PAGES:
        path = fixed or reverse(
            "grading:grades", args=[CourseRun.objects.taught_by(_user(account)).latest("opens_at").pk]
        )
        try:
            resolve(path.partition("?")[0])
        except Resolver404:
            pages.append({"name": name, "account": account, "path": ""})
            continue
        pages.append({"name": name, "account": account, "path": path, "queries": _queries(account, path)})
    tokens = [live.token("submission:none", uuid.uuid4()) for _ in range(STREAMS)]
    print(json.dumps({"pages": pages, "tokens": tokens}))


def _user(name: str) -> User:
    return User.objects.get(username=name)


def _queries(account: str, path: str) -> int:
    client = Client(SERVER_NAME="localhost")
    client.force_login(_user(account))
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        status = client.get(path).status_code
    if status != 200:
        raise RuntimeError(f"{path} answered {account} with {status}")
    return len(asked)


if __name__ == "__main__":
    main()
