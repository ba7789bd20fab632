"""Tests in a real browser on the real site. Each walk has an account or a unit of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from lms.sitetest import Site
from tests.browser import journey
from tests.browser.chromium import Look, Visit, executable, launched, visit


@pytest.fixture(scope="session", autouse=True)
def chromium() -> None:
    """Asked before the site starts: without a browser nothing here can run."""
    if executable() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium is installed (`make browser`)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ends with its module: as long as Playwright runs, its event loop keeps Django from the database."""
    with launched() as running:
        yield running


@pytest.fixture
def arrive(browser: Browser, site: Site) -> Iterator[Callable[..., Visit]]:
    """`arrive("learner", look)`: that person's tab, logged in; without a name, nobody's.

    A test ends with no console error, no exception and no CSP violation in any of its tabs.
    """
    visits: list[Visit] = []

    def arrived(login: str | None = None, look: Look | None = None) -> Visit:
        visits.append(visit(browser, site.url, look))
        if login:
            journey.log_in(visits[-1].page, login)
        return visits[-1]

    yield arrived
    for opened in visits:
        opened.page.context.close()
    assert [fault for opened in visits for fault in opened.faults] == []
