"""How a ticket leaves an operator who has gone, in real browsers: lost, signed out by force, relieved. One walk."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import Site
from tests.e2e.desks import CHIEF, DMITRY, JAMES, Seat, sms


def _lose(site: Site, seat: Seat, *, chief: Seat) -> None:
    """The computer is closed without a word, and a minute passes."""
    operator_id = seat.get("me/")["operator_id"]
    seat.page.goto("about:blank")
    for _ in range(60):
        site.set_back(
            "UPDATE routing_operatorstate SET last_seen_at = now() - interval '90 seconds' WHERE operator_id = %s",
            operator_id,
        )
        people = chief.get("admin/floor/")["operators"]
        if next(one for one in people if one["id"] == operator_id)["presence"] == "lost":
            return
        chief.page.wait_for_timeout(500)
    raise AssertionError("the operator was never found missing")


def test_tickets_of_operators_who_are_lost_signed_out_or_relieved_go_on(site: Site, seats: dict[str, Seat]) -> None:
    dmitry, james, chief = seats[DMITRY], seats[JAMES], seats[CHIEF]

    # lost: the ticket waits again in the place it had, and the next operator gets it
    dmitry.be("available")
    sms(chief, "lost")
    ticket = dmitry.expect_offer()
    place = dmitry.get(f"tickets/{ticket}/")["waiting_since"]
    dmitry.take()
    _lose(site, dmitry, chief=chief)
    assert chief.get(f"tickets/{ticket}/")["waiting_since"] == place
    james.be("available")
    assert james.take() == ticket
    dmitry.page.goto("/console")
    lost = dmitry.page.get_by_text("The server had lost you. Unfinished tickets went back to the queue.")
    expect(lost).to_be_visible()
    dmitry.page.get_by_role("button", name="I am here").click()
    expect(lost).to_have_count(0)

    # signed out by the supervisor: told by whom and why, the ticket waits in its place
    floor = chief.page
    floor.goto("/admin/floor")
    floor.get_by_role("button", name=f"Set the presence of {james.name}").click()
    floor.get_by_label("Why").fill("The shift is over")
    floor.get_by_role("button", name="Set it").click()
    expect(james.page.get_by_text(f"{chief.name} has changed your presence: The shift is over")).to_be_visible()
    expect(james.page.locator("button.presence")).to_contain_text("Signed out of work")
    assert dmitry.expect_offer() == ticket
    assert dmitry.get(f"tickets/{ticket}/")["waiting_since"] == place
    dmitry.take()

    # taken over: the supervisor owns it, whoever had it wraps up
    chief.post("presence/", state="break", reason="meeting")
    number = chief.get(f"tickets/{ticket}/")["number"]
    floor.get_by_role("button", name=f"Actions on {number}").click()
    floor.get_by_role("menuitem", name="Take over").click()
    floor.wait_for_url(f"**/console/{ticket}")
    expect(dmitry.page.get_by_text(f"{chief.name} has taken ticket over from you.")).to_be_visible()
    expect(dmitry.page.locator("form.wrapping")).to_be_visible()
    assert chief.get(f"tickets/{ticket}/")["assignee"]["name"] == chief.name
