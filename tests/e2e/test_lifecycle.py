"""How offers end and how tickets go from hand to hand, in real browsers: one house, few pages, one walk.

Two operators and a supervisor sit at their consoles; a visitor's chat and SMS opened by hand are what they serve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import log_in
from tests.e2e.test_webchat import CHAT, Desk, open_chat, say

DMITRY, JAMES, CHIEF = "dmitry@demo.example", "james@demo.example", "supervisor@demo.example"


class Seat(Desk):
    """An operator at a console in English: what they see, and the API beside it."""

    def __init__(self, page: Page, *, name: str) -> None:
        super().__init__(page)
        self.name = name

    def offer(self) -> Any:
        return self.page.locator("section.offer")

    def expect_offer(self) -> int:
        expect(self.offer()).to_be_visible(timeout=20_000)
        return int(self.get("console/")["offer"]["ticket"]["id"])

    def take(self) -> int:
        ticket = self.expect_offer()
        self.page.keyboard.press("F2")
        expect(self.offer()).to_have_count(0)
        self.page.wait_for_url(f"**/console/{ticket}")
        return ticket

    def wrap(self, ticket: int) -> None:
        self.post(f"tickets/{ticket}/wrap-up/", disposition=_outcome(self, ticket), comment="")

    def press(self, key: str, *, when: str) -> None:
        """Press a key once the button that does the same is there: before, the page is not ready for it."""
        expect(self.page.get_by_role("button", name=when, exact=False).first).to_be_visible()
        self.page.keyboard.press(key)

    def solve(self, ticket: int) -> None:
        answer = self.page.request.patch(f"/api/v1/tickets/{ticket}/", data={"status": "solved"}, headers=self.csrf)
        assert answer.ok, answer.text()

    def state_of(self, ticket: int) -> str | None:
        return self.get(f"tickets/{ticket}/")["assignment_state"]


@pytest.fixture
def seats(new_page: Callable[..., Page], passwords: dict[str, str]) -> Iterator[dict[str, Seat]]:
    made = {}
    for email, name in ((DMITRY, "Dmitry Belov"), (JAMES, "James Okafor"), (CHIEF, "Olga Petrova")):
        page = new_page()
        page.add_init_script("localStorage.setItem('locale', 'en')")
        log_in(page, email, passwords["anna@demo.example"])
        page.goto("/console")
        page.wait_for_url("**/console**")
        made[email] = Seat(page, name=name)
    yield made
    for email in (DMITRY, JAMES):
        made[email].page.request.post("/api/v1/presence/", data={"state": "offline"}, headers=made[email].csrf)


def _outcome(desk: Desk, ticket: int) -> str:
    account_id = desk.get(f"tickets/{ticket}/")["account_id"]
    return str(desk.get(f"playbook/?account={account_id}&language=ru")["dispositions"][0]["code"])


def sms(chief: Seat, text: str) -> None:
    """Somebody who left a message; it waits for whoever speaks Russian."""
    account = next(one for one in chief.get("me/")["accounts"] if one["slug"] == "medtech")
    number = f"+4915{uuid4().int % 10**9:09d}"
    chief.post(
        "tickets/", account_id=account["id"], channel="sms", subject=text, text=text, language="ru",
        contact={"kind": "sms", "value": number, "name": f"Caller {number[-4:]}"}, client_uuid=str(uuid4()),
    )  # fmt: skip


def test_offers_are_accepted_declined_taken_back_and_cancelled_and_tickets_handed_on(
    seats: dict[str, Seat], new_page: Callable[..., Page]
) -> None:
    dmitry, james, chief = seats[DMITRY], seats[JAMES], seats[CHIEF]
    # what earlier walks left waiting would be offered to the very people who are asked here
    for left in chief.get("tickets/?view=queue")["results"]:
        chief.solve(left["id"])
    dmitry.be("available")

    # accepted: the reason stands on the offer; hold and go on by the keys
    sms(chief, "accepted")
    dmitry.expect_offer()
    expect(dmitry.offer()).to_contain_text("Why you: nobody else is free for it")
    first = dmitry.take()
    dmitry.press("Alt+H", when="Hold")
    expect(dmitry.page.get_by_role("button", name="Go on")).to_be_visible()
    assert dmitry.state_of(first) == "held"
    dmitry.press("Alt+H", when="Go on")
    expect(dmitry.page.get_by_role("button", name="Hold")).to_be_visible()
    assert dmitry.state_of(first) == "active"

    # a break asked for at work waits for it, and is taken back
    dmitry.post("presence/", state="break", reason="meal")
    expect(dmitry.page.get_by_text("Meal begins when your work is done")).to_be_visible()
    dmitry.page.get_by_role("button", name="Stay available").click()
    expect(dmitry.page.get_by_text("Meal begins when your work is done")).to_have_count(0)

    # declined: it keeps waiting and does not come back at once
    sms(chief, "declined")
    declined = dmitry.expect_offer()
    dmitry.page.keyboard.press("Shift+F2")
    expect(dmitry.offer()).to_have_count(0)
    assert dmitry.get(f"tickets/{declined}/")["waiting_since"] is not None
    chief.solve(declined)

    # rescinded: somebody else settles the matter while it is offered
    sms(chief, "rescinded")
    rescinded = dmitry.expect_offer()
    chief.solve(rescinded)
    expect(dmitry.offer()).to_have_count(0)
    assert dmitry.get(f"tickets/{rescinded}/")["status"] == "solved"

    # cancelled: the operator leaves while deciding; the visitor's chat waits on in its place
    visitor = new_page(locale="ru-RU")
    visitor.goto(CHAT)
    open_chat(visitor)
    say(visitor, "Есть кто-нибудь?")
    chat = dmitry.expect_offer()
    dmitry.post("presence/", state="break", reason="meal", after_work=False)
    expect(dmitry.offer()).to_have_count(0)
    assert dmitry.get(f"tickets/{chat}/")["waiting_since"] is not None

    # transferred to an operator: refused it never leaves, accepted it has one owner; who handed it on wraps up
    dmitry.be("available")
    chat = dmitry.take()
    james.be("available")
    page = dmitry.page
    for answer in ("Shift+F2", "F2"):
        dmitry.press("Alt+T", when="Transfer")
        page.get_by_role("button", name=f"Transfer to {james.name}").click()
        expect(page.get_by_text(f"{james.name} was asked to take over")).to_be_visible()
        expect(james.offer()).to_contain_text(f"{dmitry.name} hands you a ticket")
        assert dmitry.state_of(chat) == "active"
        james.page.keyboard.press(answer)
        expect(james.offer()).to_have_count(0)
        if answer == "Shift+F2":
            expect(page.get_by_text(f"{james.name} cannot take the ticket")).to_be_visible()
            expect(page.get_by_role("button", name="Hold")).to_be_visible()
    expect(page.locator("form.wrapping")).to_be_visible()
    assert james.get(f"tickets/{chat}/")["assignee"]["name"] == james.name
    dmitry.wrap(chat)

    # whispered at: shown at once, to the operator only
    whispered = chief.page.request.post(
        f"/api/v1/tickets/{chat}/whisper/", data={"text": "Offer Friday", "client_uuid": str(uuid4())},
        headers=chief.csrf,
    )  # fmt: skip
    assert whispered.status == 204
    expect(james.page.get_by_text("Olga Petrova whispers: Offer Friday")).to_be_visible()
    expect(visitor.get_by_text("Offer Friday")).to_have_count(0)

    # consulted: the helper sees whose it is; completing makes them the owner
    james.press("Alt+T", when="Transfer")
    james.page.get_by_role("button", name=f"Consult {dmitry.name}").click()
    expect(dmitry.offer()).to_contain_text(f"{james.name} asks for your help")
    dmitry.take()
    expect(dmitry.page.get_by_text(f"You help {james.name}")).to_be_visible(timeout=20_000)
    expect(james.page.get_by_text(f"{dmitry.name} helps; the ticket is still yours")).to_be_visible()
    # both have it on screen, and both are told
    expect(james.page.get_by_text(f"{dmitry.name} also has this on screen")).to_be_visible()
