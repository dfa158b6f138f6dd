"""Housekeeping of the API's keys."""

from celery import shared_task
from django.utils import timezone

from contactcenter.tenancy.doors import open_every_account
from contactcenter.tenancy.key_actions import forget_answers


@shared_task(name="tenancy.forget_answers")
def forget_idempotent_answers() -> None:
    """Drop the answers kept for Idempotency-Keys a day ago."""
    with open_every_account(reason="old answers of every account go"):
        forget_answers(at=timezone.now())
