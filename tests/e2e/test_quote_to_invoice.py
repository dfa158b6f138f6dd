"""Before the contract, in one walk: a quote is drafted, sent, accepted by the client; the first bill holds its fees."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import APIResponse, Page, expect

from tests.e2e.axe import violations
from tests.e2e.conftest import Site, log_in

TARIFF: dict[str, Any] = {
    "name": "Evening line",
    "currency": "GBP",
    "taxes": [{"code": "vat", "percent": "20"}],
    "components": [
        {"code": "evening", "kind": "per_minute", "name": "Evening calls", "rate_per_minute": "0.90"},
        {"code": "welcome", "kind": "set_up", "name": "Setting up the line", "amount": "75.00"},
    ],
}


def send(page: Page, path: str, data: dict[str, Any]) -> APIResponse:
    csrf = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    answer = page.request.post(f"/api/v1/{path}", data=data, headers={"X-CSRFToken": csrf})
    assert answer.ok, answer.text()
    return answer


def test_a_quote_becomes_a_contract_and_its_fees_the_first_bill(site: Site, passwords, new_page):
    house = new_page()
    log_in(house, "billing@demo.example", passwords["billing@demo.example"])
    accounts = house.request.get("/api/v1/admin/accounts/").json()["results"]
    account = next(found for found in accounts if found["slug"] == "northwind")
    today = datetime.now(UTC).date()
    version = send(house, "tariffs/", {"name": "Evening line", "document": TARIFF}).json()
    send(house, f"tariff-versions/{version['id']}/put-in-force/", {"effective_from": str(today)})

    house.goto("/admin/quotes")
    house.get_by_role("button", name="New quote").click()
    house.get_by_label("Client", exact=True).select_option(label=account["name"])
    house.get_by_label("Tariff", exact=True).select_option(label="Evening line · Version 1")
    house.get_by_label("Start", exact=True).fill(str(today))
    house.get_by_label("Valid until").fill(str(today + timedelta(days=10)))
    house.get_by_label("Wage per hour").first.fill("14")
    house.get_by_role("button", name="Save and compute").click()
    house.wait_for_url(re.compile(r"/admin/quotes/\d+$"))
    expect(house.get_by_text("Compared with own staff")).to_be_visible()
    assert violations(house) == []
    house.get_by_role("button", name="Send to the client").click()
    expect(house.get_by_text("Sent", exact=True)).to_be_visible()

    client = new_page()
    log_in(client, "client@northwind.example", passwords["client@northwind.example"])
    client.goto("/client/offers")
    client.get_by_role("link", name="version 1").first.click()
    expect(client.get_by_text("Setting up the line").first).to_be_visible()
    assert violations(client) == []
    client.get_by_role("button", name="Accept", exact=True).click()
    dialog = client.get_by_role("dialog")
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Accept", exact=True).click()
    expect(client.get_by_text("Accepted by", exact=False).first).to_be_visible()
    client.goto("/client/prices")
    expect(client.get_by_role("heading", name="Evening line")).to_be_visible()

    contracts = house.request.get(f"/api/v1/contracts/?account={account['id']}").json()["results"]
    assert contracts[0]["tariff"]["name"] == "Evening line"
    assert contracts[1]["ends_on"] == contracts[0]["starts_on"]
    month = contracts[0]["starts_on"][:7]
    draft = send(house, "invoices/", {"account": account["id"], "period": month}).json()
    fees = {line["code"]: line["amount"] for line in draft["lines"]}
    assert fees["welcome"] == "75.00"
