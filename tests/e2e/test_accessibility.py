"""axe finds nothing on any page of the console, the portal and the admin, in light and in dark."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import log_in
from tests.e2e.desks import CHIEF, DMITRY, JAMES, Seat, sms

OPERATOR, CLIENT, ADMIN = "anna@demo.example", "client@northwind.example", "admin@demo.example"
PAGES = [
    (OPERATOR, "/console"),
    (CLIENT, "/client/usage"),
    (CLIENT, "/client/contacts"),
    (CLIENT, "/client/tickets"),
    (CLIENT, "/client/invoices"),
    (CLIENT, "/client/prices"),
    (CLIENT, "/client/offers"),
    (CLIENT, "/client/billing"),
    (CLIENT, "/client/alerts"),
    (CLIENT, "/client/playbook"),
    (CLIENT, "/client/api"),
    (CLIENT, "/client/settings"),
    (ADMIN, "/admin/wallboard"),
    (ADMIN, "/admin/wall"),
    (ADMIN, "/admin/planning"),
    (ADMIN, "/admin/floor"),
    (ADMIN, "/admin/operators"),
    (ADMIN, "/admin/time"),
    (ADMIN, "/admin/time?tab=corrections"),
    (ADMIN, "/admin/time?tab=contradictions"),
    (ADMIN, "/admin/time?tab=allocations"),
    (ADMIN, "/admin/queues"),
    (ADMIN, "/admin/breaks"),
    (ADMIN, "/admin/skills"),
    (ADMIN, "/admin/hours"),
    (ADMIN, "/admin/promises"),
    (ADMIN, "/admin/accounts"),
    (ADMIN, "/admin/signatures"),
    (ADMIN, "/admin/endpoints"),
    (ADMIN, "/admin/endpoints/receipts"),
    (ADMIN, "/admin/tariffs"),
    (ADMIN, "/admin/tariffs/{tariff}"),
    (ADMIN, "/admin/tariffs/{tariff}/price-sheet"),
    (ADMIN, "/admin/quotes"),
    (ADMIN, "/admin/quotes/new"),
    (ADMIN, "/admin/invoices"),
    (ADMIN, "/admin/api"),
    (ADMIN, "/admin/audit"),
]


def _tariff(page: Page) -> str:
    tariffs = page.request.get("/api/v1/tariffs/").json()["results"]
    return str(page.request.get(f"/api/v1/tariffs/{tariffs[0]['id']}/").json()["versions"][0]["id"])


def test_axe_finds_nothing(site, passwords, new_page):
    found: dict[str, Any] = {}
    pages: dict[str, Page] = {}
    for email, address in PAGES:
        if email not in pages:
            pages[email] = new_page()
            log_in(pages[email], email, passwords[email])
        page = pages[email]
        page.goto(address.replace("{tariff}", _tariff(page)) if "{tariff}" in address else address)
        expect(page.locator("h1").first, f"{address} shows a heading").to_be_visible(timeout=30_000)
        page.wait_for_load_state("networkidle")
        if problems := violations(page):
            found[address] = problems
    assert found == {}, json.dumps(found, indent=1, ensure_ascii=False)


def test_axe_finds_nothing_on_a_console_with_an_offer_and_an_open_ticket(site, passwords, new_page):
    for number in range(2):
        sender = f"ann{number}@example.org"
        mail = f"From: {sender}\r\nTo: help@northwind.example\r\nSubject: Parcel\r\n\r\nWhere is it?\r\n"
        assert site.manage("receive_email", "--endpoint", "help@northwind.example", stdin=mail.encode()).returncode == 0
    page = new_page()
    log_in(page, OPERATOR, passwords[OPERATOR])
    csrf = {"X-CSRFToken": next(c["value"] for c in page.context.cookies() if c["name"] == "csrftoken")}
    assert page.request.post("/api/v1/presence/", data={"state": "available"}, headers=csrf).ok
    try:
        expect(page.locator("section.offer")).to_be_visible()
        page.keyboard.press("F2")
        expect(page.locator("textarea").first).to_be_visible()
        expect(page.locator("section.offer")).to_be_visible()
        assert violations(page) == []
    finally:
        # whoever stays would be offered what comes in later tests
        page.request.post("/api/v1/presence/", data={"state": "offline"}, headers=csrf)


def test_login_page_is_clean_in_both_themes(site, new_page):
    page = new_page()
    page.goto("/login")
    page.wait_for_load_state("networkidle")
    assert violations(page) == []
    # the surfaces of frontend/src/tokens.css: a dark page is really looked at
    expect(page.locator("body")).to_have_css("background-color", "rgb(243, 244, 246)")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(14, 17, 21)")


def test_axe_finds_nothing_on_what_operators_and_supervisors_do_with_a_ticket(seats):
    dmitry, james, chief = seats[DMITRY], seats[JAMES], seats[CHIEF]
    page = dmitry.page
    found: dict[str, Any] = {}

    def look(name: str, seat: Seat = dmitry) -> None:
        if problems := violations(seat.page):
            found[name] = problems

    dmitry.be("available")
    sms(chief, "accessible")
    dmitry.expect_offer()
    look("offer")
    ticket = dmitry.take()
    look("open ticket")
    for key, title in (("Alt+S", "Put away for later"), ("Alt+T", "Transfer the ticket")):
        dmitry.press(key, when="Hold")
        expect(page.get_by_role("dialog", name=title)).to_be_visible()
        look(title)
        if key == "Alt+T":
            page.get_by_role("tab", name="Queues").click()
            look("transfer to a queue")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    for entry, title in (
        ("Merge with", "Merge into"),
        ("Split", "Split the ticket"),
        ("Follow-up", "Follow-up ticket"),
    ):
        dmitry.button("More about this ticket").click()
        page.get_by_role("menuitem", name=re.compile(f"^{entry}")).click()
        expect(page.get_by_role("dialog", name=re.compile(f"^{title}"))).to_be_visible()
        look(title)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    dmitry.press("Alt+H", when="Hold")
    expect(dmitry.button("Go on")).to_be_visible()
    look("on hold")
    james.be("available")
    dmitry.press("Alt+T", when="Go on")
    page.get_by_role("button", name=f"Consult {james.name}").click()
    james.expect_offer()
    look("asked to help", james)
    james.take()
    expect(page.get_by_text(f"{james.name} helps; the ticket is still yours")).to_be_visible(timeout=20_000)
    look("consulting")
    look("helping", james)
    chief.page.goto("/admin/floor")
    expect(chief.page.get_by_text(f"helps with {dmitry.get(f'tickets/{ticket}/')['number']}")).to_be_visible()
    look("floor", chief)
    chief.page.get_by_role("button", name=f"Set the presence of {james.name}").click()
    expect(chief.page.get_by_role("dialog")).to_be_visible()
    look("set a presence", chief)
    dmitry.solve(ticket)
    assert found == {}, json.dumps(found, indent=1, ensure_ascii=False)
