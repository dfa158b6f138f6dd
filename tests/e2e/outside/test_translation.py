"""Translation at the console: what the contact wrote is read, a reply is looked at and sent, and a service fails."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.desks import DMITRY
from tests.e2e.standins import TranslationService

MAILBOX = "priem@medtech.example"
ASKED, READ = "Где моя посылка? Жду со вторника.", "Where is my parcel? I have been waiting since Tuesday."
WRITTEN, SENT = "The courier calls you before noon.", "Курьер позвонит вам до полудня."


@pytest.fixture
def service(translator):
    translator.known = {ASKED: READ, WRITTEN: SENT}
    translator.is_down = False
    return translator


def _says_nothing_of_the_service(page: Page) -> None:
    expect(page.get_by_text(TranslationService.WORDS)).to_have_count(0)
    expect(page.get_by_text("503")).to_have_count(0)


def test_message_is_read_and_answered_in_another_language(site, service, seats):
    dmitry = seats[DMITRY]
    page = dmitry.page
    found: dict[str, Any] = {}
    dmitry.be("available")
    mail = (
        f"From: olga@example.org\r\nTo: {MAILBOX}\r\nSubject: 55-1702\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{ASKED}\r\n"
    )
    assert site.manage("receive_email", "--endpoint", MAILBOX, stdin=mail.encode()).returncode == 0
    ticket = dmitry.take()
    strip = page.get_by_role("group", name="Language of the contact")
    expect(strip).to_contain_text("Writes in Russian")

    # the service is down: the original stays, and says in the reader's words that it is the original
    service.is_down = True
    strip.get_by_role("button", name="Translate").click()
    expect(page.get_by_text("Not translated: the translation service failed")).to_be_visible()
    _says_nothing_of_the_service(page)
    found["not translated"] = violations(page)
    service.is_down = False
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text(READ)).to_be_visible()
    page.get_by_role("button", name="Show the original", exact=True).click()
    expect(page.get_by_text("The original", exact=True)).to_be_visible()
    page.get_by_role("button", name="Show the translation").click()
    found["translated"] = violations(page)

    service.is_down = True
    page.get_by_role("textbox", name="Reply by email").fill(WRITTEN)
    page.get_by_role("button", name="Translate and look").click()
    expect(
        page.get_by_role("alert").filter(has_text="Nothing was sent. The translation service failed.")
    ).to_be_visible()
    _says_nothing_of_the_service(page)
    found["reply not translated"] = violations(page)
    assert dmitry.texts(ticket) == [ASKED]
    service.is_down = False
    page.get_by_role("button", name="Try again").click()
    preview = page.get_by_label("What the contact reads (Russian)").get_by_role("textbox")
    expect(preview).to_have_value(SENT)
    found["preview"] = violations(page)
    assert dmitry.texts(ticket) == [ASKED]
    preview.fill(f"Здравствуйте! {SENT}")
    page.get_by_role("button", name="Send", exact=True).click()
    # the team reads what was written; what was sent is one click away
    expect(page.get_by_text("As it was written")).to_be_visible()
    page.get_by_role("button", name="Show what was sent").click()
    expect(page.get_by_text(f"Здравствуйте! {SENT}")).to_be_visible()
    found["sent"] = violations(page)
    assert dmitry.texts(ticket) == [ASKED, f"Здравствуйте! {SENT}"]
    dmitry.solve(ticket)
    assert {name: problems for name, problems in found.items() if problems} == {}, json.dumps(found, indent=1)
