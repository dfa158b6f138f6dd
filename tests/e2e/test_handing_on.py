"""How a ticket goes from hand to hand, in real browsers: to an operator, by a consultation, to a queue. One walk."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.e2e.conftest import log_in
from tests.e2e.desks import ANNA, CHAT, CHIEF, DMITRY, JAMES, Desk, Seat, open_chat, say


def test_a_chat_goes_to_an_operator_is_consulted_about_and_goes_to_a_queue(
    seats: dict[str, Seat], new_page: Callable[..., Page], passwords: dict[str, str]
) -> None:
    dmitry, james, chief = seats[DMITRY], seats[JAMES], seats[CHIEF]
    # before the visitor: where nobody is there, the widget takes messages instead of a chat
    dmitry.be("available")
    visitor = new_page(locale="ru-RU")
    visitor.goto(CHAT)
    open_chat(visitor)
    say(visitor, "Есть кто-нибудь?")
    # transferred to an operator: refused it never leaves, accepted it has one owner; who handed it on wraps up
    place = dmitry.get(f"tickets/{dmitry.expect_offer()}/")["waiting_since"]
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
            expect(dmitry.button("Hold")).to_be_visible()
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

    # handed over after the consultation: the helper owns it, whoever asked wraps up
    james.page.get_by_role("button", name="Hand over").click()
    expect(james.page.locator("form.wrapping")).to_be_visible()
    expect(dmitry.button("Hold")).to_be_visible()
    assert dmitry.get(f"tickets/{chat}/")["assignee"]["name"] == dmitry.name
    james.wrap(chat)

    # transferred to a queue: nobody's, it waits in the place it took at first; then the break begins. James, who is
    # free, handed it on himself less than ten minutes ago
    dmitry.post("presence/", state="break", reason="meal")
    dmitry.press("Alt+T", when="Transfer")
    page.get_by_role("tab", name="Queues").click()
    page.get_by_role("button", name="Transfer to Web chat ru").click()
    expect(page.get_by_text("The ticket waits in Web chat ru, in its place.")).to_be_visible()
    expect(page.locator("form.wrapping")).to_be_visible()
    waiting = james.get(f"tickets/{chat}/")
    assert (waiting["waiting_since"], waiting["assignee"]) == (place, None)
    dmitry.wrap(chat)
    expect(page.locator("button.presence")).to_contain_text("Meal")
    why = {one["operator"]["name"]: one["reason"] for one in chief.get(f"tickets/{chat}/routing/")["waiting"]["others"]}
    assert why[james.name] == "handed_on"
    # somebody else who may take it is asked as soon as they are there
    page = new_page()
    log_in(page, ANNA, passwords[ANNA])
    anna = Desk(page)
    anna.be("available")
    assert anna.accept() == chat
    assert anna.get(f"tickets/{chat}/")["assignee"]["name"] == "Anna Orlova"
    chief.solve(chat)
    anna.be("offline")
