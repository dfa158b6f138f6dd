"""Machine translation against small servers on loopback that answer as LibreTranslate and DeepL document it."""

import json
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.db import transaction

from channels_app.translation.actions import NoConsent, ask_translation, make_translation
from contactcenter.kernel.errors import Conflict
from contactcenter.tenancy.doors import open_account
from contactcenter.tickets import actions
from contactcenter.tickets.models import Message, Translation
from tests.app.factories import AT, make_account, make_ticket

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
