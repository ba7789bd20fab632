"""What a page is to those who look at it, and the tabs in which they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

from lms.sitetest import Site
from tests.browser import journey
from tests.browser.chromium import LOOKS, Look, Visit, settle, visit


@dataclass(frozen=True)
class Scene:
    """A page as one visitor sees it; `then` is what they do on it before it is looked at."""

    name: str
    address: str
    cookies: list[Any] = field(default_factory=list)
    status: int = 200
    then: Callable[[Page], object] | None = None


def someone(browser: Browser, site: Site, login: str) -> Page:
    page = visit(browser, site.url).page
    journey.log_in(page, login)
    return page


@dataclass(frozen=True)
class Sight:
    """A scene in one look; `faults`: what the browser complained of, and an answer that was not expected."""

    look: Look
    page: Page
    faults: list[str]


class Album:
    """Four tabs, by language and size, that stay open: light and dark need no new page."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._tabs: dict[tuple[str, tuple[int, int]], Visit] = {}
        self._browser, self._address = browser, address

    def sights(self, scene: Scene) -> Iterator[Sight]:
        for look in LOOKS:
            key = (look.language, look.size)
            if key not in self._tabs:
                self._tabs[key] = visit(self._browser, self._address, look)
            tab = self._tabs[key]
            tab.page.emulate_media(color_scheme=look.scheme)
            if look.scheme == "light":
                tab.faults.clear()
                tab.faults += _open(tab.page, scene)
            yield Sight(look, tab.page, _unexpected(tab.faults, scene))


def _open(page: Page, scene: Scene) -> list[str]:
    page.context.clear_cookies()
    page.context.add_cookies(scene.cookies)
    answer = page.goto(scene.address)
    settle(page)
    if scene.then:
        scene.then(page)
        settle(page)
    status = answer.status if answer else None
    return [] if status == scene.status else [f"answered {status} instead of {scene.status}"]


def _unexpected(faults: list[str], scene: Scene) -> list[str]:
    """Chromium notes every page that comes with an error status; a refusal is one on purpose."""
    meant = scene.status != 200 or scene.then is not None
    return [fault for fault in faults if not (meant and "the server responded with a status" in fault)]
