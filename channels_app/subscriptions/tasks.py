"""Background work of outgoing webhooks; beat asks for it, so that a lost broker or a killed worker loses nothing."""

from celery import shared_task
from django.utils import timezone

from channels_app.subscriptions import notices
from channels_app.subscriptions.actions import forget_deliveries
from channels_app.subscriptions.feed import feed_deliveries
from channels_app.subscriptions.pump import pump
from contactcenter.tenancy.doors import open_every_account


@shared_task(name="webhooks.feed")
def feed() -> None:
    """Make deliveries of new events, then send what is due."""
    with open_every_account(reason="the log of events holds every account's"):
        feed_deliveries(at=timezone.now())
        pump(clock=timezone.now)


@shared_task(name="webhooks.send")
def send() -> None:
    """Send what is due."""
    with open_every_account(reason="what is due may be any account's"):
        pump(clock=timezone.now)


@shared_task(name="webhooks.tell_disabled")
def tell_disabled(*, subscription_id: int) -> None:
    """Tell a client's admins by mail that their webhook is disabled."""
    with open_every_account(reason="only the subscription knows its account"):
        notices.tell_disabled(subscription_id=subscription_id, at=timezone.now())


@shared_task(name="webhooks.forget")
def forget() -> None:
    """Drop the log of deliveries after its time, and tell again what no mail server took."""
    with open_every_account(reason="old deliveries of every account go"):
        forget_deliveries(at=timezone.now())
        for subscription_id in notices.untold(at=timezone.now()):
            notices.tell_disabled(subscription_id=subscription_id, at=timezone.now())
