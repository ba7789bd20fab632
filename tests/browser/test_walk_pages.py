"""Every page in every look: axe finds nothing, nothing scrolls sideways, the policy refuses nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from lms.places import BASE_DIR
from lms.sitetest import Site
from tests.browser.chromium import LOOKS, Look, settle, visit
from tests.browser.pages import Scene, shown_pages

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.sandbox]

AXE = BASE_DIR / "assets/node_modules/axe-core/axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN_AXE = """(tags) => axe.run({runOnly: tags}).then(({passes, violations}) => {
  if (passes.length < 10) return [`axe looked at ${passes.length} rules only`];
  return violations.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target} ${node.failureSummary}`));
})"""


@pytest.fixture(scope="module")
def used_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: its pages are filled with submissions."""
    if not AXE.exists() and not os.environ.get("CI"):
        pytest.skip("axe is not installed (`cd assets && npm ci`)")
    with Site(tmp_path_factory.mktemp("used-site"), "--demo") as running:
        yield running


def test_no_page_has_a_fault_in_any_look(browser: Browser, used_site: Site) -> None:
    found, count = [], 0
    for scene in shown_pages(browser, used_site):
        for look in LOOKS:
            found += [
                f"{scene.name} {look}: {fault}" for fault in _faults(browser, used_site.url, scene, look)
            ]
            count += 1
    print(f"axe: {count // len(LOOKS)} pages x {len(LOOKS)} variants, {len(found)} violations")
    assert not found, "\n".join(found)


def _faults(browser: Browser, address: str, scene: Scene, look: Look) -> list[str]:
    visited = visit(browser, address, look, scene.cookies)
    page = visited.page
    page.goto(scene.address)
    settle(page)
    faults: list[str] = _axe(page)
    width, seen = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
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
