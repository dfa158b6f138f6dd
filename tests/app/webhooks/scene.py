"""Subscribing, feeding and looking, for tests of webhooks."""

import json

from channels_app.subscriptions import actions, feed, pump
from channels_app.subscriptions.models import (
    WebhookDelivery,
    WebhookSubscription,
)
from contactcenter.tenancy.models import Role
from tests.app.factories import AT, make_user

EVERYTHING = list(actions.WebhookEvent.values)


def subscribe(account, url: str = "https://client.example/hook", events=EVERYTHING) -> tuple[WebhookSubscription, str]:
    person = make_user(Role.CLIENT_ADMIN, account)
    return actions.create_subscription(account_id=account.pk, actor_id=person.pk, url=url, events=events, at=AT)


def told() -> list[tuple[str, str]]:
    feed.feed_deliveries(at=AT)
    return list(WebhookDelivery.objects.order_by("id").values_list("kind", "subject"))


def data_of(kind: str) -> dict:
    return json.loads(WebhookDelivery.objects.get(kind=kind).body)["data"]


def run(at=AT) -> int:
    return pump.pump(clock=lambda: at)


def queue(subscription, count: int = 1) -> list[WebhookDelivery]:
    rows = [
        actions.new_delivery(subscription=subscription, kind="call.ended", subject=f"call:{n}", body="{}", at=AT)
        for n in range(count)
    ]
    return WebhookDelivery.objects.bulk_create(rows)


def states(subscription) -> list[tuple[str, int]]:
    return list(subscription.deliveries.order_by("id").values_list("state", "attempts"))
