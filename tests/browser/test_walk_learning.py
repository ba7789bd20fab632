"""The main journey as people walk it: read, answer, submit, see the grade; without a mouse, without a script."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from lms.sitetest import Site
from tests.browser import journey
from tests.browser.chromium import Look, Visit
from tests.browser.journey import CLASSIFIER, KERNEL, LESSON, WINE

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]

Arrive = Callable[..., Visit]
# Whatever happens to the page after this, the list of states stays: a reload would lose it.
_WATCH = """
window.states = [];
const look = () => {
  const state = document.querySelector("#submission").dataset.state;
  if (states.at(-1) !== state) states.push(state);
};
new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
look();
"""


def tab_to(page: Page, target: Locator, limit: int = 300) -> None:
    """Press Tab until the element has the focus, as who has no mouse does."""
    for _press in range(limit):
        if target.evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{limit} Tabs do not reach {target}")


def percent(page: Page) -> int:
    page.goto("/")
    return int(page.locator("[data-percent]").first.get_attribute("data-percent") or 0)


def test_log_in_read_and_mark_as_read_with_the_keyboard_alone(arrive: Arrive) -> None:
    page = arrive().page
    page.goto("/")
    page.keyboard.type("learner2")
    page.keyboard.press("Tab")
    page.keyboard.type(journey.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    before = int(page.locator("[data-percent]").first.get_attribute("data-percent") or 0)

    tab_to(page, page.get_by_role("link", name="Data science: first steps"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{journey.COURSE}")
    tab_to(page, page.locator(".units").get_by_role("link", name="Look before you model"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{journey.unit(LESSON)}")
    tab_to(page, page.get_by_role("button", name="Mark as read and go on"))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith(journey.unit(LESSON)))

    done = page.locator(".outline .done").get_by_role("link", name="Look before you model")
    expect(done).to_be_visible()
    assert percent(page) > before


def test_a_lesson_shows_formulas_pictures_and_code_to_copy(arrive: Arrive) -> None:
    page = arrive("learner").page
    page.goto(journey.unit(LESSON))

    expect(page.locator(".prose [data-tex] .katex").first).to_be_visible()
    assert page.locator("[data-tex]:not(:has(.katex))").count() == 0
    picture = page.locator(".prose img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("(image) => image.naturalWidth") > 300
    assert len(picture.get_attribute("alt") or "") > 40
    page.locator(".code-box").first.get_by_role("button", name="Copy code").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("table.shape")


def test_a_submission_is_followed_from_queue_to_grade_without_a_reload(arrive: Arrive, site: Site) -> None:
    page = arrive("learner").page
    before = percent(page)
    typed = journey.answers(KERNEL)
    typed["answer-index"] = "import time\ntime.sleep(4)\n" + typed["answer-index"]
    journey.type_answers(page, KERNEL, typed)

    # While the worker pauses, the submission stays in the queue; it goes on when the page listens, not before.
    worker = site.pid_of("celery")
    os.kill(worker, signal.SIGSTOP)
    try:
        tab_to(page, page.locator(".dock [type=submit]"))
        with page.expect_response("**/events/**"):
            page.keyboard.press("Enter")
        page.wait_for_url("**/submissions/**")
        page.evaluate(_WATCH)
        moves: list[str] = []
        page.on("framenavigated", lambda frame: moves.append(frame.url))
        expect(page.locator("#state")).to_contain_text("In the queue")
    finally:
        os.kill(worker, signal.SIGCONT)
    journey.wait_for_grade(page)

    states = page.evaluate("window.states")
    assert moves == []
    assert [state for state in states if state != "judged"] == ["queued", "running", "graded"]
    expect(page.get_by_role("heading", name="Everything is right")).to_be_visible()
    expect(page.get_by_role("img", name="10 of 10 points")).to_be_visible()
    points = [
        re.sub(r"\s+", "", text) for text in page.locator("[aria-labelledby=tests] .pt").all_inner_texts()
    ]
    assert points == ["2/2", "2/2", "3/3", "3/3"]
    assert percent(page) > before


def test_a_wrong_answer_shows_its_message_and_the_hint_for_a_hidden_test(arrive: Arrive) -> None:
    page = arrive("learner2").page
    journey.enroll(page)
    typed = journey.answers(WINE)
    typed["answer-missing"] = "def missing_share(table):\n    return table.isna().mean()"
    typed["answer-outliers"] = "def outliers(values):\n    return values[values > 48]"
    journey.submit(page, WINE, typed)
    journey.wait_for_grade(page)

    open_tests = page.locator(".tests details[open]")
    visible = open_tests.filter(has_text="2. What is missing?")
    expect(visible).to_contain_text("Column b has no gap, so it should not appear.")
    hidden = open_tests.filter(has_text="Hidden test").first
    expect(hidden).to_contain_text("Compute both fences from the quartiles of the values you are given")
    expect(page.locator("#submission")).not_to_contain_text("assert ")
    assert page.locator("#submission").get_attribute("data-score") == "8"


def test_typing_survives_a_reload_and_a_refused_file(arrive: Arrive, tmp_path: Path) -> None:
    visit = arrive("colleague")
    page = visit.page
    journey.enroll(page)
    page.goto(journey.unit(WINE))
    field, status = page.locator("[name=answer-fill]"), page.locator("[data-draft-status]")
    field.fill("def fill_with_median(table):\n    return 'my idea'")
    expect(status).to_contain_text("not submitted yet")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(field).to_have_value(re.compile("my idea"))

    broken = tmp_path / "broken.ipynb"
    broken.write_bytes(b"this is no notebook")
    page.set_input_files("[name=notebook]", broken)
    page.get_by_role("button", name="Submit this file").click()
    expect(page.locator("[role=alert]")).to_contain_text("notebook")
    expect(field).to_have_value(re.compile("my idea"))
    assert page.locator(".tries li").count() == 0

    # Chromium notes every page that comes with an error status; a refusal is one on purpose.
    visit.faults[:] = [fault for fault in visit.faults if "status of 422" not in fault]


def test_everything_works_without_script(arrive: Arrive) -> None:
    page = arrive("manager", Look(script=False)).page
    journey.enroll(page)
    journey.submit(page, KERNEL, journey.answers(KERNEL))

    journey.wait_for_grade(page)  # the page refreshes itself
    expect(page.get_by_role("heading", name="Everything is right")).to_be_visible()
    assert percent(page) > 0


def test_an_instructor_grades_by_keyboard_and_the_learner_sees_it(arrive: Arrive) -> None:
    learner = arrive("training-admin").page
    journey.enroll(learner)
    essay = {"answer-decide-alone": "No: it missed **2 of 53** malignant tumours."}
    address = journey.submit(learner, CLASSIFIER, journey.answers(CLASSIFIER) | essay)
    journey.wait_for_grade(learner)
    expect(learner.get_by_role("heading", name="The rest waits for an instructor")).to_be_visible()

    page = arrive("instructor").page
    page.goto("/teaching/")
    tab_to(page, page.locator(".runs a").first)
    page.keyboard.press("Enter")
    tab_to(page, page.locator("tr", has_text="Soyul Han").locator("a.wait"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Soyul Han")).to_be_visible()
    expect(page.locator(".said-by strong")).to_have_text("2 of 53")
    expect(page.locator("[name=points]")).to_be_focused()
    page.keyboard.type("4.5")
    page.keyboard.press("Tab")
    page.keyboard.type("Right, and honest about the misses.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("Saved")

    learner.goto(address)
    expect(learner.get_by_role("img", name=re.compile("14.50? of 15 points"))).to_be_visible()
    expect(learner.locator(".comment")).to_contain_text("Right, and honest about the misses.")
