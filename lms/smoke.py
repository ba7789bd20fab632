"""The main job from outside, over HTTP, as a browser without script does it."""

from __future__ import annotations

import html
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

from lms.places import BASE_DIR

COURSE = "data-science-first-steps"
NOTEBOOK = BASE_DIR / "courses" / "samples" / COURSE / "01-look-at-data" / "03-meet-the-wine-data.ipynb"
_FINAL = ("graded", "failed")


class SmokeFailed(Exception):
    """A step did not do what a learner would expect; the message says which."""


@dataclass(frozen=True)
class Graded:
    """What the learner saw: points, the maximum, and seconds from the click to the stored grade.

    `start` says whether the sandbox came "warm", from a process that stood ready, or "cold".
    """

    score: float
    max_score: float
    seconds: float
    mode: str
    start: str
    percent: int


class Visitor:
    """One person's browser: cookies, forms, no script."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    @property
    def cookie(self) -> str:
        """The header of a browser that is logged in as this one is."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def get(self, path: str) -> str:
        return self._open(urllib.request.Request(self.address + path, headers={"Accept-Language": "en"}))[1]

    def post(self, path: str, fields: dict[str, str]) -> tuple[str, str]:
        """Where the answer's redirects led to, and the page there."""
        data = urllib.parse.urlencode(fields).encode()
        headers = {"Accept-Language": "en", "Referer": self.address + path, "Origin": self.address}
        return self._open(urllib.request.Request(self.address + path, data=data, headers=headers))

    def _open(self, request: urllib.request.Request) -> tuple[str, str]:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return urllib.parse.urlsplit(answer.geturl()).path, answer.read().decode()
        except urllib.error.HTTPError as error:
            page = error.read().decode(errors="replace")
            raise SmokeFailed(
                f"{request.get_method()} {request.full_url}: {error.code}\n{_alert(page)}"
            ) from error

    def log_in(self, login: str, password: str) -> None:
        token = hidden(self.get("/login/"), "csrfmiddlewaretoken")
        where, page = self.post(
            "/login/", {"login": login, "password": password, "csrfmiddlewaretoken": token}
        )
        if where != "/":
            raise SmokeFailed(f"log in as {login}: {_alert(page)}")

    def enroll(self) -> None:
        course = f"/courses/{COURSE}/"
        self.post(
            f"{course}enroll/", {"csrfmiddlewaretoken": hidden(self.get(course), "csrfmiddlewaretoken")}
        )


def hidden(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    for tag in re.findall(r"<input[^>]*>", page):
        if f'name="{name}"' in tag and (value := re.search(r'value="([^"]*)"', tag)):
            return html.unescape(value[1])
    raise SmokeFailed(f"the page has no field {name}")


def _alert(page: str) -> str:
    found = re.search(r'role="alert"[^>]*>(.*?)</', page, re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", " ", found[1]).strip() if found else ""


def reference_answers(source: Path) -> dict[str, str]:
    """The author's own solutions of a notebook's automatically graded questions, by grade_id."""
    cells = json.loads(source.read_bytes())["cells"]
    answers = {}
    for cell in cells:
        metadata = cell["metadata"].get("nbgrader", {})
        if metadata.get("solution") and not metadata.get("grade"):
            answers[metadata["grade_id"]] = "".join(cell["source"])
    return answers


def submit_and_wait(
    visitor: Visitor, *, key: str, answers: dict[str, str], timeout: float = 90, poll: float = 0.05
) -> Graded:
    """Answer the notebook in the page, submit, and wait for the grade as the page shows it.

    `poll`: seconds between two looks at the page; each costs the site as much as a page.
    """
    unit = f"/courses/{COURSE}/units/{key}/"
    page = visitor.get(unit)
    fields = {name: hidden(page, name) for name in ("csrfmiddlewaretoken", "idempotency_key")}
    fields |= {f"answer-{name}": source for name, source in answers.items()}
    began = time.monotonic()
    where, _page = visitor.post(f"{unit}submit/", fields)
    if not where.startswith("/submissions/"):
        raise SmokeFailed(f"submit: landed on {where}")
    while (state := _attribute(page := visitor.get(f"{where}state/"), "state")) not in _FINAL:
        if time.monotonic() - began > timeout:
            raise SmokeFailed(f"no grade after {timeout:g} s; the submission is {state}")
        time.sleep(poll)
    if state == "failed":
        raise SmokeFailed("the submission failed by a fault of the platform")
    seconds = time.monotonic() - began
    percent = _attribute(visitor.get("/"), "percent")
    return Graded(
        score=float(_attribute(page, "score")),
        max_score=float(_attribute(page, "max")),
        seconds=seconds,
        mode=_attribute(page, "mode"),
        start=_attribute(page, "start"),
        percent=int(percent),
    )


def _attribute(page: str, name: str) -> str:
    """The first `data-…` attribute of that name: what pages say to programs."""
    found = re.search(rf'data-{name}="([^"]*)"', page)
    if not found:
        raise SmokeFailed(f"the page does not say its {name}")
    return html.unescape(found[1])


def unit_key(source: Path) -> str:
    key: str = json.loads(source.read_bytes())["metadata"]["lms"]["key"]
    return key
