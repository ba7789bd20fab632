"""Every page in every look: `make a11y`. axe finds nothing, nothing scrolls sideways, the policy refuses nothing."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from lms.places import BASE_DIR
from lms.sitetest import Site
from tests.browser.chromium import LOOKS, launched
from tests.browser.pages import shown_pages
from tests.browser.scenes import Album, Sight

AXE = BASE_DIR / "assets/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN_AXE = """([rules, least]) => axe.run({runOnly: rules}).then(({passes, violations}) => {
  if (passes.length < least) return [`axe looked at ${passes.length} rules only`];
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
    album, found, names = Album(browser, site.url), [], []
    for scene in shown_pages(browser, site):
        names.append(scene.name)
        for sight in album.sights(scene):
            found += [f"{scene.name} {sight.look}: {fault}" for fault in _faults(sight)]
    print(*found, sep="\n")
    print(f"axe: {len(names)} pages x {len(LOOKS)} variants, {len(found)} violations")
    return found


def _faults(sight: Sight) -> list[str]:
    width, seen = sight.page.evaluate(_WIDTHS)
    wide = [f"scrolls sideways: {width} px in a window of {seen}"] if width > seen else []
    return [*_axe(sight), *wide, *sight.faults]


def _axe(sight: Sight) -> list[str]:
    # A script that a page's policy would refuse comes in beside it, through the browser's own protocol.
    if not sight.page.evaluate("'axe' in window"):
        sight.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = sight.page.evaluate(_RUN_AXE, (_RULES, 10))
    return found


if __name__ == "__main__":
    sys.exit(main())
