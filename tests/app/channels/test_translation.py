"""Machine translation against small servers on loopback that answer as LibreTranslate and DeepL document it."""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from channels_app.translation.actions import (
    NoConsent,
    NotTranslated,
    ask_translation,
    ask_translations,
    make_translation,
    translate_reply,
)
from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets import actions
from contactcenter.tickets.models import Message, ReplyTranslation, Translation
from tests.app.factories import AT, make_account, make_operator, make_ticket

pytestmark = pytest.mark.django_db


class Service:
    """A translation service: what was asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.status, self.answer = 200, {}
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.asked.append((self.path, dict(self.headers), body))
                said = json.dumps(service.answer).encode()
                self.send_response(service.status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def service(settings) -> Iterator[Service]:
    found = Service()
    settings.TRANSLATION_URL = f"http://127.0.0.1:{found.port}/"
    settings.TRANSLATION_KEY = "secret"
    settings.TRANSLATION_PRICE_PER_MILLION = "20"
    settings.TRANSLATION_CURRENCY = "EUR"
    settings.TRANSLATION_PROVIDER = "libretranslate"
    settings.OUTBOUND_ALLOWED_HOSTS = frozenset({("127.0.0.1", found.port)})
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def message() -> Iterator[Message]:
    account = make_account(allows_machine_translation=True)
    with open_account(account.pk):
        ticket = make_ticket(account, channel="chat", language="fi")
        yield actions.receive_message(ticket=ticket, channel="chat", at=AT, text="Missä tilaukseni on?", language="fi")


def test_libretranslate_is_asked_as_documented_and_the_original_is_kept(service, message):
    service.answer = {"translatedText": "Where is my order?", "detectedLanguage": {"language": "fi", "confidence": 97}}
    row = make_translation(translation_id=ask_translation(message_id=message.pk, language="en", at=AT).pk, at=AT)
    path, _, body = service.asked[0]
    assert path == "/translate"
    assert body == {
        "q": "Missä tilaukseni on?", "source": "fi", "target": "en", "format": "text", "api_key": "secret",
    }  # fmt: skip
    assert (row.state, row.text, row.provider) == ("done", "Where is my order?", "libretranslate")
    # 20 characters at 20 EUR a million
    assert (row.characters, row.cost, row.currency) == (20, Decimal("0.0004"), "EUR")
    message.refresh_from_db()
    assert message.text == "Missä tilaukseni on?"


def test_deepl_is_asked_as_documented(service, message, settings):
    settings.TRANSLATION_PROVIDER = "deepl"
    service.answer = {"translations": [{"detected_source_language": "FI", "text": "Where is my order?"}]}
    row = make_translation(translation_id=ask_translation(message_id=message.pk, language="en-GB", at=AT).pk, at=AT)
    path, headers, body = service.asked[0]
    assert (path, headers["Authorization"]) == ("/v2/translate", "DeepL-Auth-Key secret")
    assert body == {"text": ["Missä tilaukseni on?"], "target_lang": "EN-GB", "source_lang": "FI"}
    assert (row.text, row.source_language) == ("Where is my order?", "fi")


@pytest.mark.parametrize(("status", "answer"), [(500, {}), (403, {"error": "Invalid API key"}), (200, {}), (200, [])])
def test_failure_leaves_the_original_with_the_reason_and_may_be_tried_again(service, message, status, answer):
    service.status, service.answer = status, answer
    row = make_translation(translation_id=ask_translation(message_id=message.pk, language="en", at=AT).pk, at=AT)
    assert (row.state, row.text, row.cost) == ("failed", "", 0)
    assert row.error
    service.status, service.answer = 200, {"translatedText": "Where?"}
    again = make_translation(translation_id=ask_translation(message_id=message.pk, language="en", at=AT).pk, at=AT)
    assert (again.pk, again.state, again.error) == (row.pk, "done", "")


def test_text_that_is_too_long_is_not_sent(service, message):
    Message.objects.filter(pk=message.pk).update(text="a" * 20_001, reply_text="")
    row = make_translation(translation_id=ask_translation(message_id=message.pk, language="en", at=AT).pk, at=AT)
    assert row.state == "failed"
    assert service.asked == []


def test_service_on_a_private_address_is_not_asked_unless_allowed(service, message, settings):
    settings.OUTBOUND_ALLOWED_HOSTS = frozenset()
    row = make_translation(translation_id=ask_translation(message_id=message.pk, language="en", at=AT).pk, at=AT)
    assert "private address" in row.error
    assert service.asked == []


def test_nothing_is_translated_without_the_clients_consent_or_a_service(service, message, settings):
    settings.TRANSLATION_PROVIDER = ""
    with pytest.raises(Conflict, match="No translation service"), transaction.atomic():
        ask_translation(message_id=message.pk, language="en", at=AT)
    settings.TRANSLATION_PROVIDER = "deepl"
    account = make_account()
    with open_account(account.pk):
        other = actions.receive_message(ticket=make_ticket(account), channel="email", at=AT, text="Hei")
        with pytest.raises(NoConsent), transaction.atomic():
            ask_translation(message_id=other.pk, language="en", at=AT)
        assert not Translation.objects.exists()


def test_all_that_a_contact_wrote_in_another_language_is_asked_for_once(service, message):
    ticket = message.ticket
    english = actions.receive_message(ticket=ticket, channel="chat", at=AT, text="Hello again", language="en")
    actions.receive_message(ticket=ticket, channel="chat", at=AT, text="?", language="fi")
    later = actions.receive_message(ticket=ticket, channel="chat", at=AT, text="Kiitos paljon", language="fi")
    ask_translations(ticket_id=ticket.pk, language="en", at=AT)
    ask_translations(ticket_id=ticket.pk, language="en", at=AT)
    assert set(Translation.objects.values_list("message_id", "state")) == {(message.pk, "asked"), (later.pk, "asked")}
    assert not Translation.objects.filter(message=english).exists()
    # what failed stays so until somebody asks for that message
    Translation.objects.filter(message=message).update(state="failed", error="down")
    ask_translations(ticket_id=ticket.pk, language="en", at=AT)
    assert Translation.objects.get(message=message).state == "failed"


def test_a_reply_is_translated_kept_and_sent_with_what_was_written(service, message):
    ticket = message.ticket
    operator = make_operator(message.account)
    service.answer = {"translatedText": "Se on matkalla."}
    row = translate_reply(
        ticket_id=ticket.pk, text="It is on its way.", written_language="en", operator_id=operator.pk, at=AT
    )
    assert service.asked[0][2]["target"] == "fi"
    assert (row.written, row.text, row.language, row.message_id) == ("It is on its way.", "Se on matkalla.", "fi", None)
    # 17 characters at 20 EUR a million
    assert (row.characters, row.cost, row.currency) == (17, Decimal("0.00034"), "EUR")
    assert not Message.objects.filter(direction="out").exists()
    sent = actions.send_reply(
        ticket=ticket, operator_id=operator.pk, channel="chat", text="Se on jo matkalla.", at=AT,
        client_uuid=UUID(int=1), translation_id=row.pk,
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.message_id, row.written, row.text) == (sent.pk, "It is on its way.", "Se on matkalla.")
    assert (sent.text, sent.language) == ("Se on jo matkalla.", "fi")


def test_a_translation_is_sent_once_and_on_its_own_ticket_only(service, message):
    operator = make_operator(message.account)
    service.answer = {"translatedText": "Se on matkalla."}
    row = translate_reply(
        ticket_id=message.ticket_id, text="It is on its way.", written_language="en", operator_id=operator.pk, at=AT
    )
    other = make_ticket(message.account, channel="chat", language="fi")
    with pytest.raises(Invalid) as refused:
        actions.send_reply(
            ticket=other, operator_id=operator.pk, channel="chat", text="Se", at=AT, client_uuid=UUID(int=2),
            translation_id=row.pk,
        )  # fmt: skip
    assert refused.value.field == "translation_id"
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.parametrize(("status", "answer"), [(500, {}), (429, {}), (403, {"error": "Invalid API key"}), (200, [])])
def test_a_reply_that_cannot_be_translated_goes_nowhere(service, message, status, answer):
    service.status, service.answer = status, answer
    with pytest.raises(NotTranslated):
        translate_reply(
            ticket_id=message.ticket_id, text="It is on its way.", written_language="en", operator_id=None, at=AT
        )
    assert not ReplyTranslation.objects.exists()
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"text": " "}, "text"), ({"language": "en-GB"}, "language"), ({"language": "en"}, "language")],
)
def test_what_needs_no_translation_is_refused_by_its_field(service, message, fields, field):
    wish = {"text": "It is on its way.", "language": "", **fields}
    with pytest.raises(Invalid) as refused:
        translate_reply(ticket_id=message.ticket_id, written_language="en", operator_id=None, at=AT, **wish)
    assert refused.value.field == field
    assert service.asked == []


def test_the_console_reads_and_writes_in_the_operators_language(service, message):
    operator = make_operator(message.account)
    client = Client()
    client.force_login(operator.user)
    address = f"/api/v1/tickets/{message.ticket_id}"
    assert client.get(f"{address}/translations/", {"language": "en"}).json() == {"is_allowed": True, "results": []}
    asked = client.post(f"{address}/translations/", {"language": "en"}, content_type="application/json").json()
    assert [(row["message_id"], row["state"]) for row in asked["results"]] == [(message.pk, "asked")]
    service.answer = {"translatedText": "Where is my order?"}
    make_translation(translation_id=Translation.objects.get().pk, at=AT)
    written = {"text": "On its way.", "written_language": "en"}
    service.answer = {"translatedText": "Matkalla."}
    made = client.post(f"{address}/reply-translations/", written, content_type="application/json")
    assert (made.status_code, made.json()["text"], made.json()["written"]) == (201, "Matkalla.", "On its way.")
    reply = {"channel": "chat", "text": "Matkalla.", "translation_id": made.json()["id"]}
    sent = client.post(f"{address}/replies/", reply, content_type="application/json")
    assert (sent.status_code, sent.json()["text"]) == (201, "Matkalla.")
    told = client.get(f"{address}/translations/", {"language": "en"}).json()["results"]
    assert [(row["message_id"], row["text"], row["is_machine"]) for row in told] == [
        (message.pk, "Where is my order?", True),
        (sent.json()["id"], "On its way.", False),
    ]


def test_a_service_that_is_down_is_told_as_such(service, message):
    service.status = 503
    client = Client()
    client.force_login(make_operator(message.account).user)
    answer = client.post(
        f"/api/v1/tickets/{message.ticket_id}/reply-translations/",
        {"text": "On its way.", "written_language": "en"},
        content_type="application/json",
    )
    assert answer.status_code == 502
    assert answer.json()["error"] == {
        "code": "not_translated",
        "message": "The reply was not translated: the translation service failed.",
    }


def test_what_the_service_itself_says_is_logged_and_kept_but_not_shown(service, message, caplog):
    service.status, service.answer = 403, {"error": "Invalid API key"}
    row = make_translation(translation_id=ask_translation(message_id=message.pk, language="en", at=AT).pk, at=AT)
    assert "403" in row.error
    assert f"message {message.pk} was not translated: {row.error}" in caplog.text
    client = Client()
    client.force_login(make_operator(message.account).user)
    address = f"/api/v1/tickets/{message.ticket_id}/translations/"
    (told,) = client.get(address, {"language": "en"}).json()["results"]
    assert told == {"message_id": message.pk, "language": "en", "state": "failed", "text": "", "is_machine": True}


def test_without_consent_the_console_is_told_that_nothing_is_translated(service):
    account = make_account()
    with open_account(account.pk):
        ticket = make_ticket(account, channel="chat", language="fi")
    client = Client()
    client.force_login(make_operator(account).user)
    address = f"/api/v1/tickets/{ticket.pk}"
    assert client.get(f"{address}/translations/", {"language": "en"}).json()["is_allowed"] is False
    for path, body in {
        "translations": {"language": "en"},
        "reply-translations": {"text": "Hi", "written_language": "en"},
    }.items():
        refused = client.post(f"{address}/{path}/", body, content_type="application/json")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_consent")
    assert service.asked == []
