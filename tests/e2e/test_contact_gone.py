"""How a ticket rests without its operator having ended it, in real browsers: the visitor leaves, or it is put away."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.desks import CHAT, CHIEF, DMITRY, Seat, open_chat, say, sms


def test_a_visitor_leaves_and_a_ticket_put_away_comes_back_in_its_place(
    site: Site, seats: dict[str, Seat], new_page: Callable[..., Page]
) -> None:
    dmitry, chief = seats[DMITRY], seats[CHIEF]
    page = dmitry.page
    dmitry.be("available")

    # the visitor closes the page: after ten minutes without a sign of life the conversation is over, wrap-up begins
    visitor = new_page(locale="ru-RU")
    visitor.goto(CHAT)
    open_chat(visitor)
    say(visitor, "Я на минутку")
    chat = dmitry.take()
    visitor.close()
    site.set_back(
        "UPDATE channels_app_chatsession SET last_seen_at = now() - interval '11 minutes' WHERE left_at IS NULL"
    )
    expect(page.locator("form.wrapping")).to_be_visible(timeout=30_000)
    assert dmitry.state_of(chat) == "wrapping"
    dmitry.wrap(chat)
    dmitry.solve(chat)

    # put away: out of everybody's way until its time, then offered again in the place it had
    sms(chief, "later")
    ticket = dmitry.expect_offer()
    place = dmitry.get(f"tickets/{ticket}/")["waiting_since"]
    dmitry.take()
    dmitry.press("Alt+S", when="Hold")
    page.get_by_role("button", name="In an hour").click()
    expect(page.get_by_role("list", name="Related tickets")).to_contain_text("Away until")
    away = dmitry.get(f"tickets/{ticket}/")
    assert (away["waiting_since"], away["assignment_state"]) == (None, None)
    site.set_back("UPDATE routing_snooze SET until = now() WHERE ticket_id = %s", ticket)
    assert dmitry.expect_offer() == ticket
    assert dmitry.get(f"tickets/{ticket}/")["waiting_since"] == place
    dmitry.take()
    dmitry.solve(ticket)
