"""Who sits where in the browser tests: a visitor at the chat, an operator beside the API, an operator at a console."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

CHAT = "/demo/chat/medtech-chat/"
ANNA, DMITRY, JAMES, CHIEF = "anna@demo.example", "dmitry@demo.example", "james@demo.example", "supervisor@demo.example"


def widget(page: Page, selector: str) -> Locator:
    return page.locator(f"chat-widget {selector}")


def open_chat(page: Page) -> Locator:
    """Open the widget; returns its box."""
    widget(page, "button.l").click()
    box = widget(page, "textarea")
    expect(box).to_be_focused()
    return box


def say(page: Page, text: str) -> None:
    widget(page, "textarea").fill(text)
    page.keyboard.press("Enter")


class Desk:
    """The operator's side, by the API."""

    def __init__(self, page: Page) -> None:
        self.page = page
        token = next(c["value"] for c in page.context.cookies() if c["name"] == "csrftoken")
        self.csrf = {"X-CSRFToken": token}

    def post(self, path: str, **data: Any) -> Any:
        answer = self.page.request.post(f"/api/v1/{path}", data=data, headers=self.csrf)
        assert answer.ok, answer.text()
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.page.request.get(f"/api/v1/{path}")
        assert answer.ok, answer.text()
        return answer.json()

    def be(self, presence: str) -> None:
        self.post("presence/", state=presence)

    def accept(self) -> int:
        """Take the next offer and return its ticket."""
        for _ in range(100):
            offer = self.get("console/")["offer"]
            if offer:
                self.post(f"offers/{offer['id']}/accept/")
                return int(offer["ticket"]["id"])
            self.page.wait_for_timeout(200)
        raise AssertionError("no ticket was offered")

    def reply(self, ticket: int, text: str) -> None:
        self.post(f"tickets/{ticket}/replies/", client_uuid=str(uuid4()), channel="chat", text=text)

    def finish(self, ticket: int) -> None:
        self.post(f"tickets/{ticket}/finish/")
        outcome = self.get(f"playbook/?account={self.get(f'tickets/{ticket}/')['account_id']}&language=ru")
        code = outcome["dispositions"][0]["code"]
        self.post(f"tickets/{ticket}/wrap-up/", disposition=code, comment="", status="solved")

    def texts(self, ticket: int) -> list[str]:
        entries = self.get(f"tickets/{ticket}/timeline/")["results"]
        return [entry["text"] for entry in entries if entry["type"] == "message"]


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
        expect(self.button(when)).to_be_visible()
        self.page.keyboard.press(key)

    def button(self, label: str) -> Locator:
        """The button whose name begins so, whatever keys stand beside it ("On hold" is no "Hold")."""
        return self.page.get_by_role("button", name=re.compile(f"^{re.escape(label)}")).first

    def solve(self, ticket: int) -> None:
        answer = self.page.request.patch(f"/api/v1/tickets/{ticket}/", data={"status": "solved"}, headers=self.csrf)
        assert answer.ok, answer.text()

    def state_of(self, ticket: int) -> str | None:
        return self.get(f"tickets/{ticket}/")["assignment_state"]


def _outcome(desk: Desk, ticket: int) -> str:
    account_id = desk.get(f"tickets/{ticket}/")["account_id"]
    return str(desk.get(f"playbook/?account={account_id}&language=ru")["dispositions"][0]["code"])


def sms(chief: Seat, text: str) -> int:
    """Somebody who left a message; it waits for whoever speaks Russian. Returns its ticket."""
    account = next(one for one in chief.get("me/")["accounts"] if one["slug"] == "medtech")
    number = f"+4915{uuid4().int % 10**9:09d}"
    made = chief.post(
        "tickets/", account_id=account["id"], channel="sms", subject=text, text=text, language="ru",
        contact={"kind": "sms", "value": number, "name": f"Caller {number[-4:]}"}, client_uuid=str(uuid4()),
    )  # fmt: skip
    return int(made["id"])
