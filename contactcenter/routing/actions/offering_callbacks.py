"""The step of relaxation that offers waiting contacts to be called back, and what they answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction
from django.db.models import Exists, OuterRef

from contactcenter.kernel.business_time import is_open
from contactcenter.routing.actions.callbacks import request_callback
from contactcenter.routing.actions.calling_back import open_callback
from contactcenter.routing.models import (
    CallbackRequest,
    CallbackSource,
    Offer,
    OfferState,
    RelaxationAction,
    RelaxationStep,
    Waiting,
)
from contactcenter.tickets import actions as ticket_actions
from contactcenter.tickets.calendars import hours_of
from contactcenter.tickets.models import Channel, Direction, Message, MessageKind, Ticket

OFFERED_ON: Final = frozenset({Channel.CHAT, Channel.SMS, Channel.SOCIAL})
"""Channels on which somebody waits for an answer now."""
OFFER: Final = {
    "en": "Everyone is busy right now. If you would rather be called back, write your phone number here: you keep your "
    "place in the queue.",
    "ru": "Сейчас все операторы заняты. Если удобнее, чтобы мы перезвонили, напишите здесь номер телефона: ваше место "
    "в очереди сохранится.",
    "es": "Ahora mismo todos están ocupados. Si prefiere que le llamemos, escriba aquí su número de teléfono: conserva "
    "su lugar en la cola.",
}
ACCEPTED: Final = {
    "en": "Thank you. We will call you at {number}.",
    "ru": "Спасибо. Мы перезвоним вам по номеру {number}.",
    "es": "Gracias. Le llamaremos al {number}.",
}
_WRITTEN_NUMBER: Final = re.compile(r"\+?[0-9][0-9 ()./-]{5,24}")


@transaction.atomic
def offer_callbacks(*, at: datetime, limit: int = 200) -> int:
    """Offer to be called back to those who have waited in writing as long as their queue's step says; return how many.

    By an automatic reply, once for each stay in the queue and while it is open. Who answers with a number waits to be
    called (`answer_callback_offer`).
    """
    offered = 0
    steps = RelaxationStep.objects.filter(action=RelaxationAction.CALLBACK).select_related("queue__calendar")
    for step in steps.order_by("queue_id", "after_s"):
        if not is_open(hours_of(step.queue.calendar), at=at):
            continue
        due = Waiting.objects.select_for_update(of=("self",), skip_locked=True).filter(
            ~Exists(Offer.objects.filter(ticket_id=OuterRef("ticket_id"), state=OfferState.PENDING)),
            queue_id=step.queue_id,
            channel__in=OFFERED_ON,
            is_callback=False,
            callback_offered_at=None,
            enqueued_at__lte=at - timedelta(seconds=step.after_s),
        )
        for waiting in due.select_related("ticket").order_by("pk")[:limit]:
            waiting.callback_offered_at = at
            waiting.save(update_fields=["callback_offered_at"])
            _say(waiting.ticket, words=OFFER, about=f"callback offer {waiting.pk}", at=at, channel=waiting.channel)
            offered += 1
    return offered


@transaction.atomic
def answer_callback_offer(*, ticket_id: int, at: datetime) -> CallbackRequest | None:
    """If the contact has answered the offer of a callback with a number, let them wait to be called, and say so."""
    waiting = (
        Waiting.objects.select_for_update(of=("self",))
        .select_related("ticket")
        .filter(ticket_id=ticket_id, is_callback=False, callback_offered_at__isnull=False)
        .first()
    )
    if waiting is None or open_callback(ticket_id=ticket_id) is not None:
        return None
    answers = Message.objects.filter(
        ticket_id=ticket_id,
        direction=Direction.INBOUND,
        kind=MessageKind.MESSAGE,
        at__gte=waiting.callback_offered_at,
    )
    for message in answers.order_by("at", "id"):
        said = (message.reply_text or message.text).strip()
        if not _WRITTEN_NUMBER.fullmatch(said):
            continue
        channel = waiting.channel
        callback, _ = request_callback(ticket_id=ticket_id, source=CallbackSource.MESSAGE, number=said, at=at)
        words = {language: text.format(number=callback.number) for language, text in ACCEPTED.items()}
        _say(waiting.ticket, words=words, about=f"callback {callback.pk}", at=at, channel=channel)
        return callback
    return None


def _say(ticket: Ticket, *, words: Mapping[str, str], about: str, at: datetime, channel: str) -> None:
    ticket_actions.send_automatic_reply(
        ticket=ticket,
        channel=channel,
        text=words.get(ticket.language, words["en"]),
        at=at,
        client_uuid=uuid5(NAMESPACE_URL, f"{about} {ticket.pk}"),
    )
