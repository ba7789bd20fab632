"""Typing survives an expired login, a page too old to be trusted, and nothing else: never another person."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from lms.sitetest import Site
from tests.browser import journey
from tests.browser.chromium import Visit
from tests.browser.journey import CLASSIFIER

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]

Arrive = Callable[..., Visit]
COMMENT = "Right, and honest about the misses; name the cost of a false alarm, too."


@pytest.fixture
def desk(arrive: Arrive, site: Site) -> Iterator[Visit]:
    """The instructor's tab on an answer that waits, with a comment typed and not sent."""
    learner = arrive("group-admin").page
    journey.enroll(learner)
    essay = {"answer-decide-alone": "No: it missed two of 53."}
    journey.submit(learner, CLASSIFIER, journey.answers(CLASSIFIER) | essay)
    journey.wait_for_grade(learner)
    visit = arrive("instructor")
    visit.page.goto("/teaching/")
    visit.page.click(".runs a")
    visit.page.locator("a.chip.wait").first.click()
    visit.page.fill("[name=comment]", COMMENT)
    visit.page.fill("[name=points]", "3")
    yield visit
    visit.faults[:] = [fault for fault in visit.faults if "status of 403" not in fault]


def send(page: Page) -> None:
    page.click(".points [type=submit]")


def log_in_here(page: Page, login: str) -> None:
    page.fill("[name=login]", login)
    page.fill("[name=password]", journey.PASSWORD)
    page.press("[name=password]", "Enter")


def test_an_expired_login_leads_back_to_the_form_with_the_text_in_it(desk: Visit) -> None:
    page = desk.page
    form = page.url
    page.context.clear_cookies(name="sessionid")
    send(page)
    page.wait_for_url("**/login/**")
    log_in_here(page, "instructor")
    page.wait_for_url(form)

    expect(page.locator("[name=comment]")).to_have_value(COMMENT)
    expect(page.locator("[name=points]")).to_have_value("3")
    expect(page.get_by_role("status").filter(has_text="not sent yet")).to_be_visible()
    send(page)
    expect(page.locator(".messages")).to_contain_text("Saved")
    kept = page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('typed'))")
    assert kept == []


def test_a_page_too_old_to_be_trusted_costs_no_text(desk: Visit) -> None:
    page = desk.page
    page.context.clear_cookies(name="csrftoken")
    send(page)
    expect(page.get_by_text("too old to be trusted")).to_be_visible()
    page.go_back()

    expect(page.locator("[name=comment]")).to_have_value(COMMENT)
    page.get_by_role("button", name="Throw it away").click()
    expect(page.locator("[name=comment]")).not_to_have_value(COMMENT)
    page.reload()
    expect(page.locator("[name=comment]")).not_to_have_value(COMMENT)


def test_who_logs_in_next_in_the_same_tab_does_not_see_it(desk: Visit) -> None:
    page = desk.page
    form = page.url
    page.context.clear_cookies(name="sessionid")
    send(page)
    page.wait_for_url("**/login/**")
    log_in_here(page, "learner")
    page.wait_for_url(lambda url: "/login/" not in url)

    assert COMMENT not in page.content()
    page.goto(form)
    assert COMMENT not in page.content()
    desk.faults[:] = [fault for fault in desk.faults if "status of 404" not in fault]


def test_a_dialog_and_the_menu_work_by_keyboard(arrive: Arrive) -> None:
    page = arrive("operator").page
    page.goto("/styleguide/")
    opener = page.locator("[data-dialog=here-dialog]")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("(dialog) => dialog.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()

    page.get_by_role("button", name="account menu").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
