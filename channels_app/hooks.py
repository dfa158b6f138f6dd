"""The one webhook of all providers: /hooks/<public token>/.

No session, no CSRF, no account of a person: the endpoint's token names it and the provider's signature proves the
caller. Everything that a request carries is committed before it is answered. In front of this view stands `hook_door`,
which answers what arrives in numbers.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from channels_app.contract import EndpointInfo
from channels_app.email.door import EmptyMessage, MessageTooLarge, store_posted
from channels_app.endpoints import UnknownEndpoint, find_hooked_endpoint, note_error, remember_hooked_endpoint
from channels_app.models import EndpointKind
from channels_app.phone.hooked import take_reports
from channels_app.receipts import store_receipts
from channels_app.registry import PROVIDERS
from channels_app.webhook import BadSignature, MalformedWebhook, RawEvent, WebhookAnswer, WebhookDoor, WebhookRequest
from contactcenter.tenancy.doors import open_account

logger = logging.getLogger(__name__)

METHODS = frozenset({"GET", "POST"})
RETRY_AFTER_S = 5
TRY_AGAIN = WebhookAnswer(status=503, body=b"Try again.", headers={"Retry-After": str(RETRY_AFTER_S)})


@csrf_exempt
def hook(request: HttpRequest, public_token: str) -> HttpResponse:
    """/hooks/{public token}/"""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    if not length.isdecimal() or int(length) > settings.MAX_REQUEST_BYTES:
        answer = _refused(413, "The body is too long.")
    else:
        path = request.META.get("QUERY_STRING", "")
        answer = take_webhook(
            public_token=public_token,
            request=WebhookRequest(
                method=request.method or "",
                url=f"{settings.PUBLIC_URL}{request.path}{'?' if path else ''}{path}",
                headers={name.lower(): value for name, value in request.headers.items()},
                query=path,
                body=request.read(settings.MAX_REQUEST_BYTES + 1),
            ),
            at=timezone.now(),
        )
    return HttpResponse(
        answer.body, status=answer.status, content_type=answer.content_type, headers=dict(answer.headers)
    )


def take_webhook(*, public_token: str, request: WebhookRequest, at: datetime) -> WebhookAnswer:
    """Store what the request carries and return the answer; nothing is stored unless the provider's door is content.

    404 for an unknown or inactive endpoint, 403 for a bad signature (also noted on the endpoint), 400 with the cause
    for what cannot be understood, 503 while the database is out of reach: providers call again.
    """
    if request.method not in METHODS:
        return _refused(405, "Only GET and POST are taken.")
    try:
        endpoint = find_hooked_endpoint(public_token=public_token)
        answer = _take(endpoint, request, at=at)
    except UnknownEndpoint:
        return _refused(404, "There is no such endpoint.")
    except (OperationalError, InterfaceError) as error:
        logger.warning("a webhook could not be stored: %s", error)
        return TRY_AGAIN
    if answer.status < HTTPStatus.BAD_REQUEST:
        remember_hooked_endpoint(public_token=public_token, endpoint=endpoint)
    return answer


def read_webhook(
    *, door: WebhookDoor, endpoint: EndpointInfo, request: WebhookRequest
) -> WebhookAnswer | tuple[RawEvent, ...]:
    """Return the answer to a handshake, else the events of the request. Raises BadSignature, MalformedWebhook."""
    handshake = door.challenge(request=request, endpoint=endpoint)
    if handshake is not None:
        return handshake
    door.verify(request=request, endpoint=endpoint)
    return door.split(request=request, endpoint=endpoint)


def _take(endpoint: EndpointInfo, request: WebhookRequest, *, at: datetime) -> WebhookAnswer:
    provider = PROVIDERS.get(endpoint.kind, {}).get(endpoint.provider)
    if provider is None:
        return _refused(404, "There is no such endpoint.")
    # whole mails with their files are posted to mailboxes
    limit = settings.MAX_REQUEST_BYTES if endpoint.kind == EndpointKind.EMAIL else settings.MAX_WEBHOOK_BYTES
    if len(request.body) > limit:
        return _refused(413, "The body is too long.")
    try:
        events = read_webhook(door=provider.door, endpoint=endpoint, request=request)
    except BadSignature as error:
        with open_account(endpoint.account_id):
            note_error(endpoint_id=endpoint.id, error=f"A webhook was refused: {error}", at=at)
        return _refused(403, str(error))
    except MalformedWebhook as error:
        with open_account(endpoint.account_id):
            note_error(endpoint_id=endpoint.id, error=f"A webhook was not understood: {error}", at=at)
        return _refused(400, str(error))
    if isinstance(events, WebhookAnswer):
        return events
    if events:
        with open_account(endpoint.account_id):
            try:
                _store(endpoint, events, at=at)
            except (MessageTooLarge, EmptyMessage) as error:
                return _refused(error.status, str(error))
    return provider.door.answer(request=request, endpoint=endpoint)


def _store(endpoint: EndpointInfo, events: Sequence[RawEvent], *, at: datetime) -> None:
    match endpoint.kind:
        case EndpointKind.VOICE:
            take_reports(endpoint_id=endpoint.id, provider=endpoint.provider, events=events, at=at)
        case EndpointKind.EMAIL:
            store_posted(endpoint=endpoint, events=events, at=at)
        case _:
            store_receipts(endpoint=endpoint, events=events, at=at)


def _refused(status: int, cause: str) -> WebhookAnswer:
    return WebhookAnswer(status=status, body=cause.encode())
