"""What an operator wrote in their own language, beside the translation that was sent."""

from __future__ import annotations

from contactcenter.kernel.errors import Invalid
from contactcenter.tickets.models import Message, ReplyTranslation


def keep_written(*, message: Message, translation_id: int) -> None:
    """Let the message stand for this translation, which is of its ticket and was not sent before; else Invalid."""
    kept = ReplyTranslation.objects.filter(pk=translation_id, ticket_id=message.ticket_id, message=None).update(
        message=message
    )
    if kept != 1:
        raise Invalid("There is no such translation to send.", field="translation_id")
    language = ReplyTranslation.objects.values_list("language", flat=True).get(pk=translation_id)
    if message.language != language:
        message.language = language
        message.save(update_fields=["language"])
