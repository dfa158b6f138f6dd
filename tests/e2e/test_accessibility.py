"""axe finds nothing on any page of the console, the portal and the admin, in light and in dark."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import ROOT, log_in

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
OPERATOR, CLIENT, ADMIN = "anna@demo.example", "client@northwind.example", "admin@demo.example"
PAGES = [
    (OPERATOR, "/console"),
    (CLIENT, "/client/usage"),
    (CLIENT, "/client/contacts"),
    (CLIENT, "/client/tickets"),
    (CLIENT, "/client/invoices"),
    (CLIENT, "/client/alerts"),
    (CLIENT, "/client/playbook"),
    (CLIENT, "/client/api"),
    (CLIENT, "/client/settings"),
    (ADMIN, "/admin/wallboard"),
    (ADMIN, "/admin/wall"),
    (ADMIN, "/admin/planning"),
    (ADMIN, "/admin/operators"),
    (ADMIN, "/admin/time"),
    (ADMIN, "/admin/time?tab=corrections"),
    (ADMIN, "/admin/time?tab=contradictions"),
    (ADMIN, "/admin/time?tab=allocations"),
    (ADMIN, "/admin/queues"),
    (ADMIN, "/admin/accounts"),
    (ADMIN, "/admin/endpoints"),
    (ADMIN, "/admin/endpoints/receipts"),
    (ADMIN, "/admin/tariffs"),
    (ADMIN, "/admin/tariffs/{tariff}"),
    (ADMIN, "/admin/invoices"),
    (ADMIN, "/admin/api"),
    (ADMIN, "/admin/audit"),
]


def violations(page: Page) -> list[dict[str, Any]]:
    """Run axe with the rules of WCAG 2.2 AA; return id, impact and the elements of each violation."""
    page.evaluate(Path(AXE).read_text())
    found = page.evaluate(
        "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    return [
        {"id": item["id"], "impact": item["impact"], "nodes": [node["html"][:160] for node in item["nodes"][:3]]}
        for item in found["violations"]
    ]


def _tariff(page: Page) -> str:
    tariffs = page.request.get("/api/v1/tariffs/").json()["results"]
    return str(page.request.get(f"/api/v1/tariffs/{tariffs[0]['id']}/").json()["versions"][0]["id"])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing(site, passwords, new_page, dark):
    found: dict[str, Any] = {}
    pages: dict[str, Page] = {}
    for email, address in PAGES:
        if email not in pages:
            pages[email] = new_page(dark=dark)
            log_in(pages[email], email, passwords[email])
        page = pages[email]
        page.goto(address.replace("{tariff}", _tariff(page)) if "{tariff}" in address else address)
        page.wait_for_load_state("networkidle")
        assert page.locator("h1").first.is_visible(), f"{address} shows no heading"
        problems = violations(page)
        if problems:
            found[address] = problems
    assert found == {}, json.dumps(found, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_a_console_with_an_offer_and_an_open_ticket(site, passwords, new_page, dark):
    subject = f"Parcel {dark}"
    for number in range(2):
        sender = f"ann{number}{dark}@example.org"
        mail = f"From: {sender}\r\nTo: help@northwind.example\r\nSubject: {subject}\r\n\r\nWhere is it?\r\n"
        assert site.manage("receive_email", "--endpoint", "help@northwind.example", stdin=mail.encode()).returncode == 0
    page = new_page(dark=dark)
    log_in(page, OPERATOR, passwords[OPERATOR])
    csrf = {"X-CSRFToken": next(c["value"] for c in page.context.cookies() if c["name"] == "csrftoken")}
    assert page.request.post("/api/v1/presence/", data={"state": "available"}, headers=csrf).ok
    page.locator("section.offer").wait_for()
    page.keyboard.press("F2")
    page.locator("textarea").first.wait_for()
    page.locator("section.offer").wait_for()
    problems = violations(page)
    page.request.post("/api/v1/presence/", data={"state": "offline"}, headers=csrf)
    assert problems == []


def test_login_page_is_clean_in_both_themes(site, new_page):
    for dark in (False, True):
        page = new_page(dark=dark)
        page.goto("/login")
        page.wait_for_load_state("networkidle")
        assert violations(page) == []
