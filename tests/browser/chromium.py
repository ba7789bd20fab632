"""A Chromium that is on the machine already, and pages that remember what went wrong in them."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Chromium writes most violations to the console as well; this catches those that it reports only as an event.
_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.effectiveDirective} refused ${event.blockedURI} ${event.sample}`));
"""


def executable() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """Raises RuntimeError with the cure when no Chromium is installed."""
    path = executable()
    if path is None:
        raise RuntimeError("No Chromium is installed: `make browser` installs one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(frozen=True)
class Look:
    """One way to look at a page: what the visitor's system and screen ask for."""

    language: Literal["en", "ko"] = "en"
    scheme: Literal["light", "dark"] = "light"
    size: tuple[int, int] = (1366, 850)
    script: bool = True

    def __str__(self) -> str:
        return f"{self.language}-{self.scheme}-{'phone' if self.size[0] < 600 else 'desktop'}"


# Fonts, formulas and pictures come after the page.
_SETTLE = """async () => {
  await document.fonts.ready;
  const waits = () => document.querySelector("body[data-math] [data-tex]:not(:has(.katex))")
    || [...document.images].some((image) => !image.complete && image.loading !== "lazy");
  for (let turn = 0; turn < 200 && waits(); turn++) await new Promise((resolve) => setTimeout(resolve, 20));
  await document.fonts.ready;
}"""
DESKTOP, PHONE = (1366, 850), (390, 844)
LOOKS = [
    Look(language, scheme, size)
    for size in (DESKTOP, PHONE)
    for language in ("en", "ko")
    for scheme in ("light", "dark")
]


@dataclass
class Visit:
    """A visitor's tab, in a context of its own. `faults`: console errors, exceptions, CSP violations so far."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def note_error(self, error: Error) -> None:
        self.faults.append(str(error))


def visit(
    browser: Browser, address: str, look: Look | None = None, cookies: Sequence[Any] | None = None
) -> Visit:
    look = look or Look()
    context = browser.new_context(
        base_url=address,
        locale={"en": "en-GB", "ko": "ko-KR"}[look.language],
        color_scheme=look.scheme,
        viewport={"width": look.size[0], "height": look.size[1]},
        java_script_enabled=look.script,
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
    )
    if cookies:
        context.add_cookies(cookies)
    context.add_init_script(_TELL_VIOLATIONS)
    visit = Visit(context.new_page())
    visit.page.set_default_timeout(15_000)
    visit.page.on("console", visit.note_message)
    visit.page.on("pageerror", visit.note_error)
    return visit


def settle(page: Page) -> None:
    """Waits for what a page loads after itself; only for pages with script."""
    page.evaluate(_SETTLE)
