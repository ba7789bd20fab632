"""An admin's main path without a mouse: find, hire with a suggested manager, plan a transfer, take it back."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chromium import Look, Visit
from tests.browser.test_walk_learning import tab_to

pytestmark = pytest.mark.browser

Arrive = Callable[..., Visit]


def enter_day(page: Page, label: str, day: datetime.date) -> None:
    """Chromium's field of a day takes it as one types it there: day, month, year in British English."""
    tab_to(page, page.get_by_label(label))
    page.get_by_label(label).fill(day.isoformat())


def test_an_admin_hires_and_plans_by_keyboard(arrive: Arrive) -> None:
    page = arrive("training-admin").page
    page.goto("/people/")
    tab_to(page, page.get_by_role("link", name="New employee"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Name in Korean"))
    page.keyboard.type("나하늘")
    tab_to(page, page.get_by_label("E-mail"))
    page.keyboard.type("haneul@maru.example")
    tab_to(page, page.get_by_label("Unit"))
    page.keyboard.type("AI Cen")
    expect(page.locator("#id_unit_choices option")).to_have_attribute("value", "AI Centre · electronics-ai")
    enter_day(page, "First day", datetime.date(2026, 1, 5))
    tab_to(page, page.get_by_label("Manager"))
    page.keyboard.type("doyun")
    suggested = page.locator("#id_manager_choices option")
    expect(suggested).to_have_attribute("value", "Doyun Park · manager@maru.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="나하늘")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Manager: Doyun Park")

    tab_to(page, page.get_by_role("link", name="Transfer, new manager or job"))
    page.keyboard.press("Enter")
    enter_day(page, "First day", datetime.date(2031, 3, 3))
    tab_to(page, page.get_by_label("Unit"))
    page.keyboard.press("Control+A")
    page.keyboard.type("maru-electronics")
    page.keyboard.press("Enter")
    expect(page.locator(".timeline .coming")).to_contain_text("at midnight in Seoul")
    tab_to(page, page.get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("Cancelled what was planned")
    expect(page.locator(".timeline .coming")).to_have_count(0)


def test_an_ambiguous_manager_is_chosen_without_script(arrive: Arrive) -> None:
    visit = arrive("group-admin", Look(script=False))
    page = visit.page
    page.goto("/people/new/")
    page.get_by_label("Name in English").fill("Nora Berg")
    page.get_by_label("E-mail").fill("nora@maru.example")
    page.get_by_label("Unit").fill("electronics-ai")
    page.get_by_label("First day").fill("2026-01-05")
    page.get_by_label("Manager").fill("j")
    page.get_by_role("button", name="New employee").click()
    offered = page.locator("label", has=page.get_by_role("radio")).first
    manager = offered.inner_text().partition(" · ")[0].strip()
    assert manager.startswith("J")
    offered.get_by_role("radio").check()
    page.get_by_role("button", name="New employee").click()
    expect(page.locator(".timeline")).to_contain_text(f"Manager: {manager}")
    # Chromium notes every page that comes with an error status; a refusal is one on purpose.
    visit.faults[:] = [fault for fault in visit.faults if "status of 422" not in fault]
