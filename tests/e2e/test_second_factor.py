"""A person enrols a second factor, signs in with it and with a recovery code, and switches it off again."""

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page

from tests.e2e.axe import violations

VIEWER = "viewer@medtech.example"
STEP_S = 30


def code_now(secret: str) -> str:
    """The six digits of RFC 6238 for this half minute."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // STEP_S))


def sign_in(page: Page, password: str) -> None:
    page.goto("/login")
    page.locator("input[type=email]").fill(VIEWER)
    page.locator("input[autocomplete=current-password]").fill(password)
    page.locator("button[type=submit]").click()


def show_who(page: Page, password: str) -> None:
    """Before the factor changes, the password is asked once more."""
    page.locator("input[autocomplete=current-password]").fill(password)
    page.locator("form button[type=submit]").click()


def test_a_second_factor_is_enrolled_asked_for_and_switched_off(site, passwords, new_page):
    page = new_page()
    sign_in(page, passwords[VIEWER])
    page.wait_for_url("**/client/**")
    page.goto("/login/second-factor")
    page.locator("img.picture").wait_for()
    assert violations(page) == []
    page.locator("input").fill(code_now(page.locator("code.secret").inner_text()))
    page.locator("form button[type=submit]").click()
    show_who(page, passwords[VIEWER])
    page.locator(".codes li").first.wait_for()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(set(codes)) == 10
    assert violations(page) == []

    other = new_page()
    sign_in(other, passwords[VIEWER])
    other.locator("input[autocomplete=one-time-code]").fill(codes[0])
    other.locator("button[type=submit]").click()
    other.wait_for_url("**/client/**")
    other.goto("/login/second-factor")
    other.locator(".notice.on").wait_for()
    assert "9" in other.locator("main").inner_text()
    assert violations(other) == []
    other.locator("button.danger").click()
    show_who(other, passwords[VIEWER])
    other.locator("img.picture").wait_for()

    last = new_page()
    sign_in(last, passwords[VIEWER])
    last.wait_for_url("**/client/**")
