"""Every page in every look, as pictures to be looked at: `make screenshots`."""

from __future__ import annotations

import html
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page

from lms.places import BASE_DIR
from lms.sitetest import Site
from tests.browser.chromium import LOOKS, launched, settle
from tests.browser.pages import shown_pages
from tests.browser.scenes import Album

FOLDER = BASE_DIR / "var/screenshots"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in [*FOLDER.glob("*.png"), *FOLDER.glob("*.html")]:
        old.unlink()
    began = time.monotonic()
    names: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="maru-pictures-") as folder,
        Site(Path(folder), "--demo") as site,
        launched() as browser,
    ):
        album = Album(browser, site.url)
        for scene in shown_pages(browser, site):
            names.append(scene.name)
            for sight in album.sights(scene):
                whole_page(sight.page, FOLDER / f"{scene.name}-{sight.look}.png")
            print(f"\rscreenshots: {len(names) * len(LOOKS)} pictures, {scene.name:<20}", end="", flush=True)
        _contact_sheet(browser, names)
    print(
        f"\nscreenshots: ok {len(names)} pages x {len(LOOKS)} looks in {time.monotonic() - began:.0f} s, {FOLDER}"
    )


def whole_page(page: Page, path: Path) -> None:
    """The window grows to the page's length, so that what is fixed to its end is shown there."""
    width, height = page.viewport_size["width"], page.viewport_size["height"]  # type: ignore[index]
    length = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(height, length)})
    settle(page)
    page.screenshot(path=path)
    page.set_viewport_size({"width": width, "height": height})


def _contact_sheet(browser: Browser, names: list[str]) -> None:
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th>"
        + "".join(
            f'<td><a href="{name}-{look}.png"><img src="{name}-{look}.png" alt=""></a></td>' for look in LOOKS
        )
        + "</tr>"
        for name in names
    )
    heads = "".join(f"<th>{look}</th>" for look in LOOKS)
    sheet = FOLDER / "index.html"
    sheet.write_text(
        "<!doctype html><meta charset=utf-8><title>Every page</title><style>"
        "body{font:13px sans-serif;background:#888}table{border-spacing:10px}th{text-align:start}"
        "img{display:block;height:274px;object-fit:cover;object-position:top left}"
        "[src*=desktop]{width:440px}[src*=phone]{width:127px}"
        f"</style><table><tr><th></th>{heads}</tr>{rows}</table>",
        encoding="utf-8",
    )
    page = browser.new_page(viewport={"width": 2600, "height": 1200})
    page.goto(sheet.as_uri())
    page.screenshot(path=FOLDER / "contact-sheet.png", full_page=True)
    page.close()


if __name__ == "__main__":
    main()
