"""What a person does on the site, in the words of the site's own pages."""

from __future__ import annotations

import os

from playwright.sync_api import Page

from lms import smoke
from lms.places import BASE_DIR

COURSE = f"/courses/{smoke.COURSE}/"
LESSON, WINE = "look-before-you-model", "meet-the-wine-data"
AVERAGE = "moving-average"
CLASSIFIER, KERNEL = "a-first-classifier", "first-gpu-kernel"
PASSWORD = os.environ.get("DEMO_PASSWORD", "demo")


def unit(key: str) -> str:
    return f"{COURSE}units/{key}/"


def answers(key: str) -> dict[str, str]:
    """The reference answers of a sample notebook, by the name of the text area."""
    for source in (BASE_DIR / "courses/samples" / smoke.COURSE).rglob("*.ipynb"):
        if smoke.unit_key(source) == key:
            return {f"answer-{name}": text for name, text in smoke.reference_answers(source).items()}
    raise LookupError(key)


def log_in(page: Page, login: str) -> None:
    page.goto("/login/")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def enroll(page: Page) -> None:
    page.goto(COURSE)
    if (button := page.locator("form[action$='/enroll/'] button")).count():
        button.click()
        page.locator(".messages .notice").wait_for()


def type_answers(page: Page, key: str, typed: dict[str, str]) -> None:
    page.goto(unit(key))
    for name, text in typed.items():
        page.fill(f"[name='{name}']", text)


def submit(page: Page, key: str, typed: dict[str, str]) -> str:
    """The address of the submission."""
    type_answers(page, key, typed)
    page.click("#answers .end [type=submit]")
    page.wait_for_url("**/submissions/**")
    return page.url


def wait_for_grade(page: Page) -> None:
    page.locator("#submission[data-final]").wait_for(timeout=60_000)


def give_points(page: Page, *, points: str, comment: str) -> None:
    """On the page of an answer that waits."""
    page.fill("[name=points]", points)
    page.fill("[name=comment]", comment)
    page.click(".points [type=submit]")
    page.locator(".messages .notice").wait_for()
