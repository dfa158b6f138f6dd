"""Writes of mails of the house: claimed before they are sent, noted with what became of them."""

from datetime import datetime, timedelta
from typing import TypeVar, cast

from django.db.models import F, Q

from billing.models import HouseMail

M = TypeVar("M", bound=HouseMail)

MOST_ATTEMPTS = 10
CLAIMED_FOR = timedelta(minutes=10)
"""So long a mail whose sender died is left alone."""


def take_mail(*, model: type[M], mail_id: int, at: datetime) -> M | None:
    """Claim a mail and count the attempt; None where it is sent, tried too often, or claimed by another just now."""
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=at - CLAIMED_FOR)
    waiting = model._default_manager.filter(free, pk=mail_id, sent_at__isnull=True, attempts__lt=MOST_ATTEMPTS)
    claimed = waiting.update(claimed_at=at, attempts=F("attempts") + 1)
    return cast(M, model._default_manager.get(pk=mail_id)) if claimed == 1 else None


def note_mail(*, mail: HouseMail, at: datetime, error: str) -> None:
    """Note that a mail left, or what the mail server said: then it may be tried again."""
    found = type(mail)._default_manager.filter(pk=mail.pk, sent_at__isnull=True)
    if error:
        found.update(error=error[:500], claimed_at=None)
    else:
        found.update(error="", sent_at=at)
