"""Ratings: given once for a handled unit, changeable for a while. Each function needs the account's scope."""

from datetime import datetime
from typing import Final

from django.db import transaction

from contactcenter.kernel.errors import Conflict, Invalid
from contactcenter.tickets.actions import push_ticket_changed
from contactcenter.tickets.models import Interaction, Rating, Ticket
from contactcenter.tickets.rating_queries import CHANGEABLE_FOR

MAX_COMMENT: Final = 1000


class RatingFinal(Conflict):
    """The rating was given too long ago to be changed."""

    code = "rating_final"


@transaction.atomic
def rate_ticket(*, ticket_id: int, channel: str, score: int, comment: str, at: datetime) -> Rating:
    """Record the contact's verdict on the last finished handled unit of the ticket on this channel.

    The same again changes nothing; another verdict replaces the first within `CHANGEABLE_FOR` of it and is RatingFinal
    after that. Invalid for a score outside 1 to 5, Conflict where nobody has served the contact yet.
    """
    if not 1 <= score <= 5:
        raise Invalid("Expected a number from 1 to 5.", field="score")
    comment = comment.strip()
    if len(comment) > MAX_COMMENT:
        raise Invalid(f"At most {MAX_COMMENT} characters.", field="comment")
    served = (
        Interaction.objects.select_for_update(of=("self",))
        .filter(ticket_id=ticket_id, channel=channel, ended_at__isnull=False)
        .order_by("-started_at", "-pk")
        .first()
    )
    if served is None:
        raise Conflict("There is nothing to rate yet.", field="score")
    rating = Rating.objects.filter(interaction=served).first()
    if rating is None:
        rating = Rating.objects.create(
            account_id=served.account_id,
            ticket_id=ticket_id,
            interaction=served,
            score=score,
            comment=comment,
            at=at,
        )
        _tell(rating, kind="entry.added")
        return rating
    if (rating.score, rating.comment) == (score, comment):
        return rating
    if at > rating.at + CHANGEABLE_FOR:
        raise RatingFinal("This rating can no longer be changed.", field="score")
    rating.score, rating.comment, rating.changed_at = score, comment, at
    rating.save(update_fields=["score", "comment", "changed_at"])
    _tell(rating, kind="entry.changed")
    return rating


def _tell(rating: Rating, *, kind: str) -> None:
    push_ticket_changed(Ticket.objects.get(pk=rating.ticket_id), kind=kind, entry={"type": "rating", "id": rating.pk})
