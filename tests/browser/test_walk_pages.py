"""Every page in every look, as `make a11y` looks at them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from lms.sitetest import Site
from tests.a11y import AXE, look_at_every_page

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def used_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: its pages are filled with submissions."""
    if not AXE.exists() and not os.environ.get("CI"):
        pytest.skip("axe is not installed (`cd assets && npm ci`)")
    with Site(tmp_path_factory.mktemp("used-site"), "--demo") as running:
        yield running


def test_no_page_has_a_fault_in_any_look(browser: Browser, used_site: Site) -> None:
    found = look_at_every_page(browser, used_site)
    assert not found, "\n".join(found)
