"""Ask for a message in another language. The original stays as it is; what comes back stands beside it."""

from __future__ import annotations

import logging
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import transaction

from channels_app.contract import AdapterError
from channels_app.translation.providers import translate
from contactcenter.kernel.errors import Conflict, DomainError, Invalid, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.tenancy.models import Account
from contactcenter.tickets.actions import push_ticket_changed
from contactcenter.tickets.models import (
    Direction,
    Message,
    MessageKind,
    ReplyTranslation,
    Ticket,
    Translation,
    TranslationState,
)

logger = logging.getLogger(__name__)

MILLION: Final = 1_000_000
MOST_MESSAGES: Final = 50
"""So many of a ticket's newest messages are translated at once."""
SHORTEST: Final = 2
REPLY_TIMEOUT_S: Final = 10.0
"""Somebody waits for it."""


class NoConsent(Conflict):
    """The account has not agreed to machine translation."""

    code = "no_consent"


class NotTranslated(DomainError):
    """The translation service did not answer, or refused; what was written has gone nowhere."""

    code = "not_translated"
    status = 502


def is_translatable(*, account_id: int) -> bool:
    """Return whether the account has agreed to machine translation and a service is set up."""
    consents = Account.objects.filter(pk=account_id, allows_machine_translation=True)
    return bool(settings.TRANSLATION_PROVIDER) and consents.exists()


@transaction.atomic
def ask_translations(*, ticket_id: int, language: str, at: datetime) -> None:
    """Have what the contact wrote lately translated, as far as it is in another language and nobody asked before.

    What failed is left alone: asking for that message by itself tries anew. Raises NotFound, NoConsent or Conflict as
    `ask_translation`.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("There is no such ticket.")
    _check_consent(account_id=ticket.account_id)
    newest = Message.objects.filter(ticket=ticket, direction=Direction.INBOUND, kind=MessageKind.MESSAGE)
    known = set(
        Translation.objects.filter(message__ticket=ticket, language=language).values_list("message_id", flat=True)
    )
    for message in newest.order_by("-at", "-id")[:MOST_MESSAGES]:
        told = message.language or ticket.language
        text = (message.reply_text or message.text).strip()
        if message.pk in known or len(text) < SHORTEST or _base(told) == _base(language):
            continue
        row, created = Translation.objects.get_or_create(
            message=message,
            language=language,
            defaults={"account_id": message.account_id, "asked_at": at, "provider": settings.TRANSLATION_PROVIDER},
        )
        if created:
            enqueue_on_commit("channels.translate", translation_id=row.pk)


def translate_reply(
    *, ticket_id: int, text: str, written_language: str, operator_id: int | None, at: datetime, language: str = ""
) -> ReplyTranslation:
    """Have a reply translated into the contact's language (`language` '' takes the ticket's), to be looked at first.

    What was written is kept with what came back, its characters and cost. Nothing is sent. The request leaves outside
    of any transaction. Raises NotFound; Invalid, naming text or language; NoConsent; Conflict without a service;
    NotTranslated where the service fails: nothing is kept then.
    """
    ticket = Ticket.objects.filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("There is no such ticket.")
    _check_consent(account_id=ticket.account_id)
    target = language or ticket.language
    if not text.strip():
        raise Invalid("Write something first.", field="text")
    if not target:
        raise Invalid("Say in which language the contact reads.", field="language")
    if _base(target) == _base(written_language):
        raise Invalid("This is the language it is written in.", field="language")
    try:
        found = translate(
            provider=settings.TRANSLATION_PROVIDER,
            url=settings.TRANSLATION_URL,
            key=settings.TRANSLATION_KEY,
            text=text,
            source=written_language,
            target=target,
            timeout_s=REPLY_TIMEOUT_S,
        )
    except AdapterError as error:
        logger.warning("a reply on ticket %s was not translated: %s", ticket_id, error)
        raise NotTranslated("The reply was not translated: the translation service failed.") from error
    return ReplyTranslation.objects.create(
        account_id=ticket.account_id,
        ticket=ticket,
        operator_id=operator_id,
        language=target,
        written_language=written_language,
        written=text,
        text=found.text,
        provider=settings.TRANSLATION_PROVIDER,
        characters=len(text),
        cost=_cost(text),
        currency=settings.TRANSLATION_CURRENCY,
        made_at=at,
    )


def _check_consent(*, account_id: int) -> None:
    if not Account.objects.filter(pk=account_id, allows_machine_translation=True).exists():
        raise NoConsent("This client has not agreed to machine translation.")
    if not settings.TRANSLATION_PROVIDER:
        raise Conflict("No translation service is set up.")


def _cost(text: str) -> Decimal:
    return Decimal(len(text)) * Decimal(settings.TRANSLATION_PRICE_PER_MILLION) / MILLION


def _base(tag: str) -> str:
    return tag.partition("-")[0].lower()


@transaction.atomic
def ask_translation(*, message_id: int, language: str, at: datetime) -> Translation:
    """Have the message translated after the commit; asking again returns what there is, and tries a failed one anew.

    Raises NotFound outside the account scope, NoConsent where the account has not agreed, Conflict where no
    translation service is set up.
    """
    message = Message.objects.select_related("ticket").filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    _check_consent(account_id=message.account_id)
    row, created = Translation.objects.get_or_create(
        message=message,
        language=language,
        defaults={"account_id": message.account_id, "asked_at": at, "provider": settings.TRANSLATION_PROVIDER},
    )
    if not created and row.state == TranslationState.FAILED:
        row.state, row.error, row.asked_at = TranslationState.ASKED, "", at
        row.save(update_fields=["state", "error", "asked_at"])
    if row.state == TranslationState.ASKED:
        enqueue_on_commit("channels.translate", translation_id=row.pk)
    return row


def make_translation(*, translation_id: int, at: datetime) -> Translation | None:
    """Get a translation that was asked for and store it with its provider, characters and cost.

    A failure leaves the original; the service's own words go to the log and stay on the row. None where there is
    nothing to do. The request leaves outside of any transaction.
    """
    row = Translation.objects.select_related("message").filter(pk=translation_id, state=TranslationState.ASKED).first()
    if row is None:
        return None
    text = row.message.reply_text or row.message.text
    changes: dict[str, object]
    try:
        found = translate(
            provider=row.provider,
            url=settings.TRANSLATION_URL,
            key=settings.TRANSLATION_KEY,
            text=text,
            source=row.message.language,
            target=row.language,
        )
    except AdapterError as error:
        logger.warning("message %s was not translated: %s", row.message_id, error)
        changes = {"state": TranslationState.FAILED, "error": str(error)[:300]}
    else:
        changes = {
            "state": TranslationState.DONE,
            "text": found.text,
            "source_language": found.source_language[:8],
            "characters": len(text),
            "cost": _cost(text),
            "currency": settings.TRANSLATION_CURRENCY,
        }
    with transaction.atomic():
        asked = Translation.objects.filter(pk=row.pk, state=TranslationState.ASKED)
        if asked.update(done_at=at, **changes) != 1:
            return None
        entry = {"type": "message", "id": row.message_id}
        push_ticket_changed(row.message.ticket, kind="entry.changed", entry=entry)
    row.refresh_from_db()
    return row
