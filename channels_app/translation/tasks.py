"""Background work of translation; safe to run twice."""

from celery import shared_task
from django.utils import timezone

from channels_app.translation.actions import make_translation
from contactcenter.tenancy.doors import open_every_account


@shared_task(name="channels.translate")
def translate_message(*, translation_id: int) -> None:
    """Get a translation that was asked for."""
    with open_every_account(reason="a job knows its row, not its account"):
        make_translation(translation_id=translation_id, at=timezone.now())
