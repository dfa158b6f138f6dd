"""A call told by Asterisk, at the console: it rings, its ticket comes up, it is held, ended, and written up."""

import json
import re
from typing import Any

from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.desks import DMITRY
from tests.e2e.standins import LiveCall

PHONE = "PJSIP/102"


def test_call_rings_is_held_ended_and_written_up(telephones, seats):
    dmitry = seats[DMITRY]
    page = dmitry.page
    found: dict[str, Any] = {}
    dmitry.be("available")
    call = LiveCall(telephones, phone=PHONE, name=dmitry.name)

    call.ring()
    expect(page.get_by_role("region", name="Your telephone rings")).to_contain_text(call.shown)
    # the caller's ticket is in the middle before anybody has lifted
    page.wait_for_url(re.compile(r"/console/\d+$"))
    ticket = int(page.url.rpartition("/")[2])
    found["rings"] = violations(page)

    call.answer()
    strip = page.get_by_role("group", name="Call under way")
    expect(strip).to_contain_text(f"On the line with {call.shown}")
    with_me = page.get_by_role("navigation", name="Tickets").locator(".mine")
    expect(with_me.get_by_role("link")).to_have_attribute("href", f"/console/{ticket}")
    state = page.get_by_role("button", name=re.compile("^Presence"))
    expect(state).to_contain_text("On a call")
    expect(state.get_by_role("timer")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    found["on the line"] = violations(page)

    strip.get_by_role("button", name="Hold").click()
    assert telephones.told("PJSIPNotify")["Variable"] == "Event=hold"
    call.hold()
    expect(strip).to_contain_text("The caller is on hold")
    found["held"] = violations(page)
    strip.get_by_role("button", name="Go on").click()
    assert telephones.told("PJSIPNotify")["Variable"] == "Event=talk"
    call.resume()
    expect(strip).to_contain_text("On the line with")

    strip.get_by_role("button", name="Hang up").click()
    assert telephones.told("Hangup")["Channel"] == call.phone["Channel"]
    call.end()
    expect(strip).to_have_count(0)
    wrap = page.get_by_role("form", name="After the call")
    expect(wrap).to_be_visible()
    found["after the call"] = violations(page)
    assert dmitry.state_of(ticket) == "wrapping"
    wrap.get_by_label("Outcome").select_option(index=1)
    wrap.get_by_role("button", name="Save and close").click()
    expect(wrap).to_have_count(0)
    assert dmitry.state_of(ticket) is None
    assert {name: problems for name, problems in found.items() if problems} == {}, json.dumps(found, indent=1)
