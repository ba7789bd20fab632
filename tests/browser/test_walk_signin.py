"""Passkeys in a real browser under the strict policy: added, used as second factor and alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from lms.sitetest import Site
from tests.browser import journey
from tests.browser.chromium import Visit

pytestmark = [pytest.mark.browser]
Arrive = Callable[..., Visit]


def plug_in_key(page: Page) -> None:
    """An authenticator of Chromium's own making that knows its owner."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_opens_the_account_alone(arrive: Arrive, site: Site) -> None:
    page = arrive().page
    plug_in_key(page)
    # Browsers tie passkeys to a name.
    home = site.url.replace("127.0.0.1", "localhost")
    page.goto(f"{home}/login/")
    page.fill("[name=login]", "manager")
    page.fill("[name=password]", journey.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{home}/")

    page.goto(f"{home}/account/passkeys/add/")
    page.fill("[name=name]", "Office laptop")
    page.check("[name=passwordless]")
    page.click("#passkey-add")
    page.wait_for_url("**/account/recovery-codes/")
    expect(page.locator(".codes li")).to_have_count(10)
    page.goto(f"{home}/account/")
    expect(page.get_by_text("Office laptop")).to_be_visible()

    log_out(page)
    page.click("#passkey-login")
    page.wait_for_url(f"{home}/")

    log_out(page)
    page.fill("[name=login]", "manager")
    page.fill("[name=password]", journey.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/login/code/")
    page.click("#passkey-use")
    page.wait_for_url(f"{home}/")

    page.goto(f"{home}/account/")
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove").click()
    page.wait_for_url("**/account/")
    expect(page.get_by_text("Office laptop")).to_have_count(0)


def log_out(page: Page) -> None:
    page.click("button.avatar")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login/")


def test_the_admin_breaks_no_policy(arrive: Arrive) -> None:
    page = arrive("operator").page
    for path in ("/admin/", "/admin/people/person/", "/admin/people/user/"):
        page.goto(path)
    page.click("#result_list tbody a")
    expect(page.locator("#content h1, #content h2").first).to_be_visible()


def test_a_page_is_sent_to_the_login_with_the_way_back(arrive: Arrive) -> None:
    page = arrive().page
    page.goto("/account/sessions/")
    page.wait_for_url("**/login/?next=/account/sessions/")
    page.fill("[name=login]", "colleague")
    page.fill("[name=password]", journey.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/account/sessions/")
    expect(page.get_by_text("This one")).to_be_visible()
