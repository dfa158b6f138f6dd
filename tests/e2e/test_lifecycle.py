"""How offers end, in real browsers: accepted, declined, rescinded, cancelled, timed out. One walk, in that order."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site
from tests.e2e.desks import CHAT, CHIEF, DMITRY, Seat, open_chat, say, sms


def test_offers_are_accepted_declined_taken_back_cancelled_and_run_out(
    site: Site, seats: dict[str, Seat], new_page: Callable[..., Page]
) -> None:
    dmitry, chief = seats[DMITRY], seats[CHIEF]
    dmitry.be("available")

    # accepted: the reason stands on the offer; hold and go on by the keys
    sms(chief, "accepted")
    dmitry.expect_offer()
    expect(dmitry.offer()).to_contain_text("Why you: nobody else is free for it")
    first = dmitry.take()
    dmitry.press("Alt+H", when="Hold")
    expect(dmitry.button("Go on")).to_be_visible()
    assert dmitry.state_of(first) == "held"
    dmitry.press("Alt+H", when="Go on")
    expect(dmitry.button("Hold")).to_be_visible()
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
    chief.solve(chat)

    # timed out: it keeps waiting in its place; after three in a row the operator is asked no more until they say so
    dmitry.be("available")
    for number in range(3):
        sms(chief, f"missed {number}")
        missed = dmitry.expect_offer()
        place = dmitry.get(f"tickets/{missed}/")["waiting_since"]
        site.set_back("UPDATE routing_offer SET expires_at = now() WHERE ticket_id = %s AND state = 'pending'", missed)
        # the page may drop an offer that is over before the server has counted it
        site.wait_until("SELECT 1 FROM routing_offer WHERE ticket_id = %s AND state = 'timed_out'", missed)
        expect(dmitry.offer()).to_have_count(0)
        assert dmitry.get(f"tickets/{missed}/")["waiting_since"] == place
        chief.solve(missed)
    notice = dmitry.page.get_by_text("You let several offers run out and get no new tickets.")
    expect(notice).to_be_visible()
    dmitry.page.get_by_role("button", name="I am here").click()
    expect(notice).to_have_count(0)
    sms(chief, "seen")
    dmitry.solve(dmitry.take())
    # nothing stays in hand for the tests that come after
    dmitry.solve(first)
