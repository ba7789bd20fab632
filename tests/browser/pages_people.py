"""The pages of people: the door, accounts, the organization, what was told, what was done."""

from __future__ import annotations

import base64
import hmac
import os
import re
import signal
import struct
import time
from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from lms.sitetest import Site
from tests.browser import journey
from tests.browser.chromium import visit
from tests.browser.scenes import Scene, someone

_SEND = "main form [type=submit]"


def door(browser: Browser, site: Site) -> Iterator[Scene]:
    """Before somebody is in."""
    yield Scene("login", "/login/")
    yield Scene("login-by-number", "/login/", then=lambda page: page.click(".instead summary"))
    yield Scene("login-wrong", "/login/", then=_log_in_wrongly)
    yield Scene("first-login", "/first-login/")
    yield Scene("first-login-wrong", "/first-login/", then=_send_empty)
    yield Scene("ask-reset", "/login/reset/")
    page = visit(browser, site.url).page
    page.goto("/login/reset/")
    page.fill("[name=email]", "colleague@maru.example")
    page.click(_SEND)
    yield Scene("asked-reset", "/login/reset/", then=_ask_nobody)
    yield Scene("reset-used", "/login/reset/MQ/used/", status=410)
    operator = someone(browser, site, "operator")
    yield from _mails(operator)
    yield Scene("reset", _mailed_link(operator))


def _log_in_wrongly(page: Page) -> None:
    page.fill("[name=login]", "nobody@maru.example")
    page.fill("[name=password]", "no password")
    page.click(_SEND)
    page.locator("form .notice.bad").wait_for()


def _ask_nobody(page: Page) -> None:
    page.fill("[name=email]", f"nobody{time.time_ns()}@maru.example")
    page.click(_SEND)
    page.locator("[name=email]").wait_for(state="detached")


def _mails(operator: Page) -> Iterator[Scene]:
    cookies = operator.context.cookies()
    operator.goto("/mails/")
    operator.locator(".tries a").first.click()
    yield Scene("mails", "/mails/", cookies)
    yield Scene("mail", operator.url, cookies)
    yield Scene("environments", "/environments/", cookies)


def _mailed_link(operator: Page) -> str:
    link = re.search(r"/login/reset/\S+?/\S+?/", operator.inner_text(".letter"))
    assert link, operator.url
    return link.group()


def accounts(browser: Browser, site: Site) -> Iterator[Scene]:
    """One's own record, account and news, and a second factor from nothing to a login with it."""
    page = someone(browser, site, "colleague")
    cookies = page.context.cookies()
    yield Scene("own-record", "/people/me/", cookies)
    yield Scene("notifications", "/notifications/", cookies)
    yield Scene("account", "/account/", cookies)
    yield Scene("account-menu", "/account/", cookies, then=lambda page: page.click("button.avatar"))
    yield Scene("password", "/account/password/", cookies)
    yield Scene("password-wrong", "/account/password/", cookies, then=_send_empty)
    yield Scene("sessions", "/account/sessions/", cookies)
    yield Scene("is-it-you", "/account/again/", cookies)
    yield Scene("logout", "/logout/", cookies)
    yield Scene("second-factor", "/account/second-factor/", cookies)
    yield Scene("app-connect", "/account/app/", cookies)
    page.goto("/account/app/")
    page.fill(
        "[name=code]",
        _code(page.text_content("code.secret") or ""),
    )
    page.click(_SEND)
    page.wait_for_url("**/account/recovery-codes/")
    yield Scene("recovery-codes", page.url, cookies)
    yield Scene("recovery-codes-new", "/account/recovery-codes/new/", cookies)
    yield Scene("account-secured", "/account/", cookies)
    yield Scene("app-remove", "/account/app/remove/", cookies)
    yield Scene("is-it-you-code", "/account/again/code/", cookies)
    waiting = visit(browser, site.url).page
    waiting.goto("/login/")
    waiting.fill("[name=login]", "colleague")
    waiting.fill("[name=password]", journey.PASSWORD)
    waiting.press("[name=password]", "Enter")
    waiting.wait_for_url("**/login/code/")
    yield Scene("login-code", "/login/code/", waiting.context.cookies())


def passkeys(browser: Browser, site: Site) -> Iterator[Scene]:
    """Under a name: browsers tie passkeys to one, so an address of figures offers none."""
    home = site.url.replace("127.0.0.1", "localhost")
    yield Scene("login-passkey", f"{home}/login/")
    page = visit(browser, home).page
    journey.log_in(page, "learner2")
    cookies = page.context.cookies()
    yield Scene("second-factor-passkey", f"{home}/account/second-factor/", cookies)
    yield Scene("passkey-add", f"{home}/account/passkeys/add/", cookies)
    yield Scene("account-passkey", f"{home}/account/", cookies)


def _code(secret: str) -> str:
    """What an authenticator app shows now: RFC 6238."""
    key = base64.b32decode(secret.strip())
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def people(page: Page) -> Iterator[Scene]:
    """As a group admin administers them."""
    cookies = page.context.cookies()
    yield Scene("home-admin", "/", cookies)
    yield Scene("people", "/people/", cookies)
    yield Scene("people-none", "/people/?q=nobody-is-called-so", cookies)
    yield Scene("new-employee", "/people/new/", cookies)
    yield Scene("new-employee-wrong", "/people/new/", cookies, then=_send_empty)
    yield Scene("new-employee-which", "/people/new/", cookies, then=_name_many)
    yield Scene("new-partner", "/people/new-partner/", cookies)
    page.goto("/people/?q=doyun")
    page.click("tbody a")
    record = page.url
    yield Scene("person", record, cookies)
    for name in ("transfer", "leave", "give-role", "suspend"):
        yield Scene(f"person-{name}", f"{record}{name}/", cookies)
    yield Scene("person-transfer-wrong", f"{record}transfer/", cookies, then=_send_empty)
    yield from _organization(page)
    yield Scene("audit", "/audit/", cookies)
    yield Scene("audit-opened", "/audit/", cookies, then=_open_details)


def _send_empty(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main form').forEach((form) => { form.noValidate = true; })")
    page.locator("main form.form [type=submit]").click()
    page.locator("[aria-invalid=true]").first.wait_for()


def _name_many(page: Page) -> None:
    """A manager's name that fits more people than a field offers: while it is typed, and once it is sent."""
    page.locator("[name=manager]").press_sequentially("a")
    page.locator("#id_manager_more:not(:empty)").wait_for()
    _send_empty(page)


def _open_details(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach((part) => { part.open = true; })")


def _organization(page: Page) -> Iterator[Scene]:
    cookies = page.context.cookies()
    yield Scene("organization", "/organization/", cookies)
    page.goto("/organization/")
    page.click(".tree ul a >> nth=0")
    yield Scene("unit", page.url, cookies)
    for name in ("edit", "new", "move"):
        yield Scene(f"unit-{name}", f"{page.url}{name}/", cookies)
    yield Scene("job-roles", "/job-roles/", cookies)
    yield Scene("new-job", "/job-roles/new/", cookies)


def long_jobs(site: Site, page: Page) -> Iterator[Scene]:
    """An export that waits while the worker pauses, and its file."""
    cookies = page.context.cookies()
    yield Scene("home-training-admin", "/", cookies)
    yield Scene("long-jobs-none", "/jobs/", cookies)
    page.goto("/people/")
    worker = site.pid_of("celery")
    os.kill(worker, signal.SIGSTOP)
    try:
        page.click("form[action$='/export/'] button")
        page.wait_for_url("**/jobs/*/")
        yield Scene("long-job-waits", page.url, cookies)
    finally:
        os.kill(worker, signal.SIGCONT)
    page.locator("[data-job][data-final]").wait_for(timeout=90_000)
    yield Scene("long-job", page.url, cookies)
    yield Scene("long-jobs", "/jobs/", cookies)
    yield Scene("notifications-job", "/notifications/", cookies)
