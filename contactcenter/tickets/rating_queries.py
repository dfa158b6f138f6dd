"""What is read of ratings. Each function needs a scope."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from contactcenter.tickets.models import Interaction, Rating

CHANGEABLE_FOR: Final = timedelta(minutes=10)
"""A contact may change their mind for so long."""


def asked_rating(*, ticket_id: int, channel: str, at: datetime) -> int | None:
    """Return what the contact may be shown: 0 to ask for a rating, 1 to 5 as given and changeable, None: do not ask."""
    served = (
        Interaction.objects.filter(ticket_id=ticket_id, channel=channel, ended_at__isnull=False)
        .select_related("rating")
        .order_by("-started_at", "-pk")
        .first()
    )
    if served is None:
        return None
    rating: Rating | None = getattr(served, "rating", None)
    if rating is None:
        return 0
    return rating.score if at <= rating.at + CHANGEABLE_FOR else None


def rating_page(*, account_id: int | None, before_id: int | None, size: int) -> tuple[Sequence[Rating], int | None]:
    """Return a page of ratings, the newest first, and the cursor of the next page (None at the end)."""
    rows = Rating.objects.select_related("interaction__operator", "ticket__account").order_by("-pk")
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    page = list(rows[: size + 1])
    return page[:size], page[size - 1].pk if len(page) > size else None
