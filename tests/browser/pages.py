"""The pages of a site that is in use: answers that are right, wrong, waiting and running."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from lms.places import BASE_DIR
from lms.sitetest import Site
from tests.browser import journey, pages_people
from tests.browser.journey import AVERAGE, CLASSIFIER, COURSE, KERNEL, LESSON, WINE
from tests.browser.scenes import Scene, someone

_SLOW = """
import time
for batch in range(1, 90):
    print(f"batch {batch:2}: loss {0.9 ** batch:.4f}")
    time.sleep(0.4)
"""
_ONE_SIDE = """def outliers(values):
    q1, q3 = values.quantile(0.25), values.quantile(0.75)
    return values[values > q3 + 1.5 * (q3 - q1)]"""
_ROUNDED = """import sys


def moving_average(values, window):
    print("windows of", window, file=sys.stderr)
    return [round(sum(values[i : i + window]) / window, 1) for i in range(len(values) - window)]
"""
_COMMENT = "A clear decision with its reasons. Say what a false alarm costs, too."
ESSAY = """No. With seed 0 the model was right for 98.6% of the rows, against a baseline of 62.9%, but it missed
2 of the 53 malignant tumours, and with another seed it missed 7.

- A missed tumour can cost a life; a false alarm costs one more examination.
- The data come from **one** hospital and one microscope.

I would let it sort the queue, with a doctor looking at every case."""


def shown_pages(browser: Browser, site: Site) -> Iterator[Scene]:
    """Each page, brought into being just before it is yielded; the site is the caller's alone."""
    yield from pages_people.door(browser, site)
    newcomer = someone(browser, site, "colleague").context.cookies()
    yield Scene("home-new", "/", newcomer)
    yield Scene("catalogue", "/courses/", newcomer)
    yield Scene("catalogue-nothing", "/courses/?q=kernel&level=advanced", newcomer)
    yield Scene("course-open", COURSE, newcomer)
    learner = someone(browser, site, "learner2")
    journey.enroll(learner)
    yield from _waiting(site, learner)
    yield from _results(learner)
    yield from _learning(browser, site)
    yield from _teaching(someone(browser, site, "instructor"))
    yield from pages_people.people(someone(browser, site, "group-admin"))
    yield from pages_people.long_jobs(site, someone(browser, site, "training-admin"))
    manager = someone(browser, site, "manager").context.cookies()
    yield Scene("home-manager", "/", manager)
    yield Scene("people-of-a-manager", "/people/?scope=all", manager)
    yield Scene("own-record-of-a-manager", "/people/me/", manager)
    yield from _for_staff(someone(browser, site, "operator"))
    yield from pages_people.passkeys(browser, site)
    yield from pages_people.accounts(browser, site)


def _waiting(site: Site, page: Page) -> Iterator[Scene]:
    """Runs, and waits: the worker pauses, so that what it would take stays in the queue."""
    cookies = page.context.cookies()
    running = journey.submit(page, KERNEL, {"answer-index": _SLOW})
    page.locator("#submission[data-state=running] .output").wait_for(timeout=90_000)
    yield Scene("running", running, cookies)
    page.goto("/")
    worker = site.pid_of("celery")
    os.kill(worker, signal.SIGSTOP)
    try:
        yield Scene("queued", journey.submit(page, WINE, {}), cookies)
    finally:
        os.kill(worker, signal.SIGCONT)
    journey.wait_for_grade(page)


def _results(page: Page) -> Iterator[Scene]:
    cookies = page.context.cookies()
    typed = journey.answers(WINE)
    yield Scene("result-right", _graded(page, WINE, typed), cookies)
    typed["answer-missing"] = "def missing_share(table):\n    return table.isna().mean()"
    typed["answer-outliers"] = _ONE_SIDE
    yield Scene("result-hints", _graded(page, WINE, typed), cookies)
    typed = journey.answers(CLASSIFIER) | {"answer-decide-alone": ESSAY}
    yield Scene("result-waits", _graded(page, CLASSIFIER, typed), cookies)
    yield from checked(page)
    yield Scene("home-busy", "/", cookies)
    yield Scene("notebook-again", journey.unit(WINE), cookies)


def checked(page: Page) -> Iterator[Scene]:
    """A program that is not right yet, and one whose every test says so."""
    cookies = page.context.cookies()
    yield Scene("program", journey.unit(AVERAGE), cookies)
    yield Scene("result-program", _graded(page, AVERAGE, {"file-program.py": _ROUNDED}), cookies)
    yield Scene("program-again", journey.unit(AVERAGE), cookies)


def _graded(page: Page, key: str, typed: dict[str, str]) -> str:
    address = journey.submit(page, key, typed)
    journey.wait_for_grade(page)
    return address


def _learning(browser: Browser, site: Site) -> Iterator[Scene]:
    page = someone(browser, site, "learner")
    cookies = page.context.cookies()
    yield Scene("home", "/", cookies)
    yield Scene("catalogue-taken", "/courses/", cookies)
    yield Scene("course", COURSE, cookies)
    yield Scene("lesson", journey.unit(LESSON), cookies)
    yield Scene("notebook", journey.unit(WINE), cookies)
    yield Scene("notebook-essay", journey.unit(CLASSIFIER), cookies)
    yield Scene("notebook-gpu", journey.unit(KERNEL), cookies)
    yield Scene("not-found", "/nowhere/", cookies, status=404)


def _for_staff(page: Page) -> Iterator[Scene]:
    cookies = page.context.cookies()
    yield Scene("home-operator", "/", cookies)
    yield Scene("styleguide", "/styleguide/", cookies)
    for code in sorted(path.stem for path in (BASE_DIR / "templates").glob("[45]*.html")):
        yield Scene(f"error-{code}", f"/styleguide/errors/{code}/", cookies)


def _teaching(page: Page) -> Iterator[Scene]:
    cookies = page.context.cookies()
    yield Scene("home-instructor", "/", cookies)
    yield Scene("teaching", "/teaching/", cookies)
    page.goto("/teaching/")
    page.locator(".runs a").first.click()
    yield Scene("grades", page.url, cookies)
    page.click(".page-head .btn")
    yield Scene("grade-by-hand", page.url, cookies)
    journey.give_points(
        page, points="4", comment="A clear decision with its reasons. Name the cost of a false alarm, too."
    )
    yield Scene("grades-done", page.url, cookies)
