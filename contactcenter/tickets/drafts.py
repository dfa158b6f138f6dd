"""What a person has typed but not sent."""

from contactcenter.kernel.errors import Invalid
from contactcenter.tickets.actions import MAX_TEXT
from contactcenter.tickets.models import Draft, Ticket


def save_draft(*, ticket: Ticket, user_id: int, channel: str, text: str) -> None:
    """Keep what a person has typed; empty text removes the draft."""
    if len(text) > MAX_TEXT:
        raise Invalid(f"At most {MAX_TEXT} characters.", field="text")
    if not text:
        Draft.objects.filter(ticket=ticket, user_id=user_id, channel=channel).delete()
        return
    Draft.objects.update_or_create(
        account_id=ticket.account_id, ticket=ticket, user_id=user_id, channel=channel, defaults={"text": text}
    )
