"""Every page in every look: `make a11y`. axe finds nothing, nothing scrolls sideways, the policy refuses nothing."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from lms.places import BASE_DIR
from lms.sitetest import Site
from tests.browser.chromium import LOOKS, Look, launched, settle, visit
from tests.browser.pages import Scene, shown_pages

AXE = BASE_DIR / "assets/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN_AXE = """(tags) => axe.run({runOnly: tags}).then(({passes, violations}) => {
  if (passes.length < 10) return [`axe looked at ${passes.length} rules only`];
  return violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target} ${node.failureSummary}`));
})"""
_WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


def main() -> int:
    if not AXE.exists():
        print("axe is not installed: `cd assets && npm ci`")
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="maru-a11y-") as folder,
        Site(Path(folder), "--demo") as site,
        launched() as browser,
    ):
        return 1 if look_at_every_page(browser, site) else 0


def look_at_every_page(browser: Browser, site: Site) -> list[str]:
    """The faults of all pages; the last line printed is their number."""
    found, names = [], []
    for scene in shown_pages(browser, site):
        names.append(scene.name)
        found += list(_scene_faults(browser, site, scene))
    print(*found, sep="\n")
    print(f"axe: {len(names)} pages x {len(LOOKS)} variants, {len(found)} violations")
    return found


def _scene_faults(browser: Browser, site: Site, scene: Scene) -> Iterator[str]:
    for look in LOOKS:
        for fault in _faults(browser, site.url, scene, look):
            yield f"{scene.name} {look}: {fault}"


def _faults(browser: Browser, address: str, scene: Scene, look: Look) -> list[str]:
    visited = visit(browser, address, look, scene.cookies)
    page = visited.page
    answer = page.goto(scene.address)
    settle(page)
    faults: list[str] = _axe(page)
    if answer is None or answer.status != scene.status:
        faults.append(f"answered {answer and answer.status} instead of {scene.status}")
    width, seen = page.evaluate(_WIDTHS)
    if width > seen:
        faults.append(f"scrolls sideways: {width} px in a window of {seen}")
    page.context.close()
    refused = [] if scene.status == 200 else ["the server responded with a status"]
    return faults + [fault for fault in visited.faults if not any(text in fault for text in refused)]


def _axe(page: Page) -> list[str]:
    # A script that a page's policy would refuse comes in beside it, through the browser's own protocol.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(_RUN_AXE, _RULES)
    return found


if __name__ == "__main__":
    sys.exit(main())
