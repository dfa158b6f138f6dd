"""Ask for a message in another language. The original stays as it is; what comes back stands beside it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final

from django.conf import settings
from django.db import transaction

from channels_app.contract import AdapterError
from channels_app.translation.providers import translate
from contactcenter.kernel.errors import Conflict, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.tenancy.models import Account
from contactcenter.tickets.actions import push_ticket_changed
from contactcenter.tickets.models import Message, Translation, TranslationState

MILLION: Final = 1_000_000


class NoConsent(Conflict):
    """The account has not agreed to machine translation."""

    code = "no_consent"


@transaction.atomic
def ask_translation(*, message_id: int, language: str, at: datetime) -> Translation:
    """Have the message translated after the commit; asking again returns what there is, and tries a failed one anew.

    Raises NotFound outside the account scope, NoConsent where the account has not agreed, Conflict where no
    translation service is set up.
    """
    message = Message.objects.select_related("ticket").filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such message.")
    if not Account.objects.filter(pk=message.account_id, allows_machine_translation=True).exists():
        raise NoConsent("This client has not agreed to machine translation.")
    if not settings.TRANSLATION_PROVIDER:
        raise Conflict("No translation service is set up.")
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

    A failure leaves the original with the reason. None where there is nothing to do. The request leaves outside of any
    transaction.
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
        changes = {"state": TranslationState.FAILED, "error": str(error)[:300]}
    else:
        changes = {
            "state": TranslationState.DONE,
            "text": found.text,
            "source_language": found.source_language[:8],
            "characters": len(text),
            "cost": Decimal(len(text)) * Decimal(settings.TRANSLATION_PRICE_PER_MILLION) / MILLION,
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
