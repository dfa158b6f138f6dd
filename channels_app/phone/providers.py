"""Telephone systems as endpoints: how each reports calls by webhook, and how its connection is tested.

Calls are no messages: what a webhook brings is an entry of the telephone log (see hooked.py), not a receipt. The
provider '' is an Asterisk, connected by its manager interface or read from its files.
"""

import json
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from django.utils import timezone

from channels_app.contract import AdapterError, Delivered, EndpointInfo, InboundEvent, OutboundMessage
from channels_app.phone.ami_client import AmiClient
from channels_app.phone.bridge_actions import BadConnection, login_of
from channels_app.phone.esl_client import EslClient
from channels_app.phone.frames import ConnectionLost, LoginRefused
from channels_app.phone.freeswitch_bridge import FORMS, esl_login_of
from channels_app.sms.inbound import fields_of
from channels_app.sms.twilio import EMPTY_TWIML, TwilioDoor
from channels_app.webhook import (
    BadSignature,
    MalformedWebhook,
    Provider,
    ProviderField,
    RawEvent,
    WebhookAnswer,
    WebhookRequest,
    by_name,
    content_id,
    verify_basic,
)

FREESWITCH, TWILIO = "freeswitch", "twilio"


class CallsOnly:
    """Satisfies contract.Adapter for systems that report calls and take no messages."""

    channel = "voice"

    def __init__(self, *, checked: str) -> None:
        self._checked = checked

    def translate(self, *, raw: bytes, endpoint: EndpointInfo, received_at: datetime) -> InboundEvent:
        """There are no messages to translate."""
        raise AdapterError("A telephone system reports calls, not messages.", permanent=True)

    def deliver(self, *, endpoint: EndpointInfo, message: OutboundMessage) -> Delivered:
        """There are no messages to deliver."""
        raise AdapterError("A telephone system takes no messages: call the contact.", permanent=True)

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Say what there is to test; the other side reports by itself."""
        return self._checked


class AsteriskAdapter(CallsOnly):
    """An Asterisk: the test logs in to its manager interface."""

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Log in and out again."""
        if not endpoint.settings.get("ami_host"):
            return self._checked
        try:
            login = login_of(settings=endpoint.settings, secrets=endpoint.secrets)
        except BadConnection as error:
            raise AdapterError(f"{error}.", permanent=True) from None
        _visit(AmiClient.open(login=login, now=timezone.now))
        return f"Logged in to the telephone system at {login.host}:{login.port} as {login.username}."


class FreeswitchAdapter(CallsOnly):
    """A FreeSWITCH: the test logs in to its event socket."""

    def check(self, *, endpoint: EndpointInfo) -> str:
        """Log in, subscribe and leave."""
        if not endpoint.settings.get("esl_host"):
            return self._checked
        try:
            login = esl_login_of(settings=endpoint.settings, secrets=endpoint.secrets)
        except BadConnection as error:
            raise AdapterError(f"{error}.", permanent=True) from None
        _visit(EslClient.open(login=login, now=timezone.now))
        return f"Logged in to the event socket at {login.host}:{login.port}."


def _visit(opening: Coroutine[Any, Any, AmiClient] | Coroutine[Any, Any, EslClient]) -> None:
    """Open a connection and close it."""

    async def visit() -> None:
        client = await opening
        await client.close()

    try:
        async_to_sync(visit)()
    except ConnectionLost as error:
        raise AdapterError(str(error), permanent=isinstance(error, LoginRefused)) from None


class NoWebhook:
    """Satisfies webhook.WebhookDoor for systems that call nobody."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """There is no handshake."""
        return None

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Nobody is expected here."""
        raise BadSignature("This telephone system has no webhook.")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """Never reached."""
        return ()

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Never reached."""
        return WebhookAnswer()


class FreeswitchDoor:
    """mod_json_cdr: a POST for each leg, as JSON or as the form field `cdr`, with basic authentication (`cred`)."""

    def challenge(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer | None:
        """There is no handshake."""
        return None

    def verify(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> None:
        """Compare user and password; without a password set nobody is let in."""
        verify_basic(request=request, endpoint=endpoint, user="freeswitch")

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """A request is one leg."""
        body = next((value.encode() for name, value in request.form_pairs() if name == "cdr"), request.body)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            raise MalformedWebhook("body: expected the JSON of a call record.") from None
        if not isinstance(found, dict):
            raise MalformedWebhook("body: expected a JSON object.")
        raw = json.dumps(found, ensure_ascii=False, sort_keys=True).encode()
        return (RawEvent(external_id=content_id(raw), raw=raw),)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """Any 200 is well."""
        return WebhookAnswer()


class TwilioVoiceDoor(TwilioDoor):
    """Status callbacks of calls, signed as those of messages."""

    def split(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> tuple[RawEvent, ...]:
        """A request is one state of one leg."""
        fields = fields_of(request)
        if not fields.get("CallSid"):
            raise MalformedWebhook("CallSid: missing.")
        raw = json.dumps(dict(fields), ensure_ascii=False, sort_keys=True).encode()
        return (RawEvent(external_id=f"{fields['CallSid']} {fields.get('SequenceNumber', '')}", raw=raw),)

    def answer(self, *, request: WebhookRequest, endpoint: EndpointInfo) -> WebhookAnswer:
        """An empty answer asks for nothing more."""
        return WebhookAnswer(body=EMPTY_TWIML, content_type="text/xml; charset=utf-8")


PROVIDERS: dict[str, Provider] = by_name(
    (
        Provider(
            name="",
            adapter=AsteriskAdapter(checked="Set ami_host to connect; until then its log files are imported."),
            door=NoWebhook(),
            fields=(
                ProviderField(name="ami_host", required=False),
                ProviderField(name="ami_port", required=False),
                ProviderField(name="ami_username", required=False),
                ProviderField(name="ami_secret", secret=True, required=False),
            ),
        ),
        Provider(
            name=FREESWITCH,
            adapter=FreeswitchAdapter(
                checked="Set esl_host to connect to its event socket, or url and cred of mod_json_cdr to let it report."
            ),
            door=FreeswitchDoor(),
            fields=(
                ProviderField(name="esl_host", required=False),
                ProviderField(name="esl_port", required=False),
                ProviderField(name="esl_format", required=False, choices=FORMS),
                ProviderField(name="esl_password", secret=True, required=False),
                ProviderField(name="hook_username", required=False),
                ProviderField(name="hook_password", secret=True, required=False),
            ),
        ),
        Provider(
            name=TWILIO,
            adapter=CallsOnly(checked="Twilio reports by itself: set the address as status callback of your numbers."),
            door=TwilioVoiceDoor(),
            fields=(ProviderField(name="auth_token", secret=True),),
        ),
    )
)
