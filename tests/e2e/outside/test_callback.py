"""A contact asks to be called back: they keep their place, whoever is free calls, and what came of it is said."""

import json
import re
from typing import Any

from playwright.sync_api import expect

from tests.e2e.axe import violations
from tests.e2e.desks import CHIEF, DMITRY, sms


def test_callback_is_asked_for_offered_at_its_place_called_and_settled(telephones, seats):
    dmitry, chief = seats[DMITRY], seats[CHIEF]
    page = dmitry.page
    found: dict[str, Any] = {}

    # the supervisor asks for it while the ticket waits; the strip says that it waits
    waiting = sms(chief, "call me")
    chief.page.goto(f"/console/{waiting}")
    chief.button("More about this ticket").click()
    chief.page.get_by_role("menuitem", name=re.compile("^Call back")).click()
    dialog = chief.page.get_by_role("dialog", name="Call this contact back")
    found["asking"] = violations(chief.page)
    dialog.get_by_role("button", name="Ask for the callback").click()
    expect(chief.page.get_by_role("group", name="Callback")).to_contain_text("Waits to be called at")
    found["waits"] = violations(chief.page)

    # it is offered at the ticket's place, as a callback
    dmitry.be("available")
    expect(page.get_by_role("heading", name="A callback for you")).to_be_visible()
    found["offered"] = violations(page)
    assert dmitry.take() == waiting
    strip = page.get_by_role("group", name="Callback")
    expect(strip).to_contain_text("and say what came of it")
    strip.get_by_role("button", name="Call", exact=True).click()
    placed = telephones.told("Originate")
    assert placed["Channel"] == "PJSIP/102"
    expect(strip).to_contain_text("Your telephone rings: lift to call")
    found["rings"] = violations(page)
    telephones.tell(("OriginateResponse", {"ActionID": placed["ActionID"], "Response": "Success", "Reason": "4"}))
    expect(strip).to_contain_text("Calling…")
    found["calls"] = violations(page)
    strip.get_by_role("button", name="Reached").click()
    expect(page.get_by_text("The callback is done")).to_be_visible()
    expect(strip).to_have_count(0)
    found["done"] = violations(page)
    dmitry.solve(waiting)
    assert {name: problems for name, problems in found.items() if problems} == {}, json.dumps(found, indent=1)
