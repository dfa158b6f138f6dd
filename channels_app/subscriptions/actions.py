"""Writes of subscriptions by people: create, change, rotate, delete, test, send again."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from channels_app.subscriptions.bodies import body_of
from channels_app.subscriptions.models import (
    TEST_KIND,
    DeliveryState,
    WebhookDelivery,
    WebhookEvent,
    WebhookSubscription,
)
from channels_app.subscriptions.signing import new_secret
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.sealing import reseal, seal, unseal
from contactcenter.tenancy.actions import change_fields
from contactcenter.tenancy.models import Account

MAX_SUBSCRIPTIONS: Final = 20
OLD_SECRET_COUNTS_FOR: Final = timedelta(hours=24)
MAX_REPLAYED: Final = 10_000
KEPT_FOR: Final = timedelta(days=30)


def checked_url(url: str) -> str:
    """Return the address, or raise Invalid: https (http where settings.WEBHOOKS_ALLOW_HTTP), a host, no password."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Invalid("This is no address.", field="url") from None
    allowed = {"https", "http"} if settings.WEBHOOKS_ALLOW_HTTP else {"https"}
    if parts.scheme not in allowed:
        raise Invalid("Expected an address that begins with https://.", field="url")
    if not host or parts.username or parts.password or parts.fragment:
        raise Invalid("Expected a host, and neither password nor fragment.", field="url")
    return url


@transaction.atomic
def create_subscription(
    *, account_id: int, actor_id: int, url: str, events: Collection[str], at: datetime, description: str = ""
) -> tuple[WebhookSubscription, str]:
    """Subscribe the address from now on; return the subscription with its secret, which is not shown again.

    Invalid for an address or events that will not do, Conflict above MAX_SUBSCRIPTIONS.
    """
    Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    if WebhookSubscription.objects.filter(account_id=account_id).count() >= MAX_SUBSCRIPTIONS:
        raise Conflict(f"An account has at most {MAX_SUBSCRIPTIONS} webhooks. Delete one first.")
    secret = new_secret()
    subscription = WebhookSubscription.objects.create(
        account_id=account_id,
        url=checked_url(url),
        events=_checked_events(events),
        description=description,
        secrets=seal({"current": secret}),
        created_by_id=actor_id,
        created_at=at,
    )
    _record("webhook.create", subscription, actor_id, {"url": url, "events": subscription.events})
    return subscription, secret


@transaction.atomic
def change_subscription(
    *, subscription_id: int, actor_id: int, values: Mapping[str, Any], at: datetime
) -> WebhookSubscription:
    """Change what is given. Switching a disabled one on again forgives its failures, and what waited goes out."""
    subscription = _locked(subscription_id)
    wanted = dict(values)
    if "url" in wanted:
        checked_url(wanted["url"])
    if "events" in wanted:
        wanted["events"] = _checked_events(wanted["events"])
    was_active = subscription.is_active
    changed = change_fields(row=subscription, values=wanted, fields=("url", "description", "events", "is_active"))
    if changed:
        if subscription.is_active and not was_active:
            subscription.failures, subscription.failing_since, subscription.paused_until = 0, None, None
            subscription.disabled_at, subscription.disabled_reason, subscription.last_error = None, "", ""
            subscription.told_at = None
        subscription.save()
        _record("webhook.change", subscription, actor_id, changed)
        enqueue_on_commit("webhooks.send")
    return subscription


@transaction.atomic
def rotate_secret(*, subscription_id: int, actor_id: int, at: datetime) -> tuple[WebhookSubscription, str]:
    """Give a new secret and return it; for a day messages carry a signature by the old one as well."""
    subscription = _locked(subscription_id)
    secret = new_secret()
    subscription.secrets = seal(
        {
            "current": secret,
            "previous": unseal(subscription.secrets)["current"],
            "previous_until": (at + OLD_SECRET_COUNTS_FOR).isoformat(),
        }
    )
    subscription.save(update_fields=["secrets"])
    _record("webhook.rotate", subscription, actor_id, {})
    return subscription, secret


@transaction.atomic
def delete_subscription(*, subscription_id: int, actor_id: int) -> None:
    """Delete the subscription with all its deliveries."""
    subscription = _locked(subscription_id)
    _record("webhook.delete", subscription, actor_id, {"url": subscription.url})
    subscription.delete()


@transaction.atomic
def send_test(*, subscription_id: int, actor_id: int, at: datetime) -> WebhookDelivery:
    """Queue an event of the kind webhook.test; Conflict where the subscription is off."""
    subscription = _locked(subscription_id)
    if not subscription.is_active:
        raise Conflict("The webhook is switched off.", field="is_active")
    delivery = new_delivery(
        subscription=subscription,
        kind=TEST_KIND,
        subject=f"webhook:{subscription.pk}",
        body=body_of(
            kind=TEST_KIND, at=at, data={"account_id": subscription.account_id, "webhook_id": subscription.pk}
        ),
        at=at,
    )
    delivery.save()
    # the test is asked for now, whatever happened before
    WebhookSubscription.objects.filter(pk=subscription.pk).update(paused_until=None)
    _record("webhook.test", subscription, actor_id, {})
    enqueue_on_commit("webhooks.send")
    return delivery


@transaction.atomic
def replay_delivery(*, delivery_id: int, actor_id: int, at: datetime) -> WebhookDelivery:
    """Send one delivery again, with all its attempts, under its old webhook-id; Conflict while it is on its way."""
    delivery = WebhookDelivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery.")
    if delivery.state not in {DeliveryState.DELIVERED, DeliveryState.FAILED}:
        raise Conflict("This delivery is still on its way.", field="state")
    delivery.state, delivery.attempts, delivery.next_attempt_at = DeliveryState.PENDING, 0, at
    delivery.save(update_fields=["state", "attempts", "next_attempt_at"])
    audit.record(
        action="webhook.replay", target=delivery, actor_id=actor_id, account_id=delivery.account_id, data={"count": 1}
    )
    enqueue_on_commit("webhooks.send")
    return delivery


@transaction.atomic
def replay_range(
    *, subscription_id: int, actor_id: int, starts_at: datetime, ends_at: datetime, failed_only: bool, at: datetime
) -> int:
    """Send again what was made in [starts_at, ends_at) and is no longer on its way; return how many.

    Invalid above MAX_REPLAYED at once, or for an empty range.
    """
    if ends_at <= starts_at:
        raise Invalid("The end precedes the start.", field="ends_at")
    subscription = _locked(subscription_id)
    states = [DeliveryState.FAILED] if failed_only else [DeliveryState.FAILED, DeliveryState.DELIVERED]
    chosen = WebhookDelivery.objects.filter(
        subscription=subscription, created_at__gte=starts_at, created_at__lt=ends_at, state__in=states
    )
    count = chosen.count()
    if count > MAX_REPLAYED:
        raise Invalid(f"{count} deliveries are too many at once: at most {MAX_REPLAYED}.", field="starts_at")
    count = chosen.update(state=DeliveryState.PENDING, attempts=0, next_attempt_at=at)
    _record(
        "webhook.replay",
        subscription,
        actor_id,
        {"count": count, "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()},
    )
    enqueue_on_commit("webhooks.send")
    return count


def new_delivery(
    *, subscription: WebhookSubscription, kind: str, subject: str, body: str, at: datetime
) -> WebhookDelivery:
    """Return an unsaved delivery that is due at once, under an id of its own."""
    return WebhookDelivery(
        account_id=subscription.account_id,
        subscription=subscription,
        message_id=f"msg_{uuid4().hex}",
        kind=kind,
        subject=subject,
        body=body,
        created_at=at,
        next_attempt_at=at,
    )


def rotate_sealing() -> int:
    """Seal the secrets of all subscriptions in scope with the newest key; return how many."""
    count = 0
    for subscription in WebhookSubscription.objects.order_by("pk").only("pk", "secrets").iterator():
        with transaction.atomic():
            row = WebhookSubscription.objects.select_for_update(of=("self",)).get(pk=subscription.pk)
            row.secrets = reseal(row.secrets)
            row.save(update_fields=["secrets"])
        count += 1
    return count


def forget_deliveries(*, at: datetime) -> int:
    """Delete the log of deliveries older than KEPT_FOR; return how many rows went."""
    return WebhookDelivery.objects.filter(created_at__lt=at - KEPT_FOR).delete()[0]


def _checked_events(events: Collection[str]) -> list[str]:
    if not events or set(events) - set(WebhookEvent.values):
        raise Invalid(f"Choose at least one of {', '.join(WebhookEvent.values)}.", field="events")
    return sorted(set(events))


def _locked(subscription_id: int) -> WebhookSubscription:
    found = WebhookSubscription.objects.select_for_update(of=("self",)).filter(pk=subscription_id).first()
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def _record(action: str, subscription: WebhookSubscription, actor_id: int, data: Mapping[str, Any]) -> None:
    audit.record(action=action, target=subscription, actor_id=actor_id, account_id=subscription.account_id, data=data)
