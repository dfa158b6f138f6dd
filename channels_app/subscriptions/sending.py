"""Claiming deliveries, and what becomes of them: delivered, tried again, given up. The network is none of its matter.

At least once: an attempt that a killed worker never reported is made again when its lease ends, under the same
webhook-id. Deliveries of one subscription may arrive in any order.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from channels_app.subscriptions.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookSubscription
from channels_app.subscriptions.schedule import is_given_up, next_attempt_at, pause
from contactcenter.kernel import audit
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.sealing import unseal

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=90)
PER_SUBSCRIPTION: Final = 2
"""Deliveries on their way to one subscription at a time; one that fails gets one."""
GONE: Final = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery to send now, with the secrets that sign it."""

    delivery_id: int
    subscription_id: int
    message_id: str
    url: str
    body: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an attempt came to: a status, or an error where there was no answer."""

    at: datetime
    duration_ms: int
    status: int | None = None
    error: str = ""
    answer: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the other side took it: any 2xx."""
        return self.status is not None and 200 <= self.status < 300


@transaction.atomic
def claim_due(*, at: datetime, busy: Collection[int], limit: int) -> list[Claimed]:
    """Claim up to `limit` deliveries that are due and count an attempt for each; needs every account's scope.

    `busy` are subscriptions with something on its way (once for each). A subscription that rests, is off or has its
    share on its way is passed over, so that none takes another's turn.
    """
    if limit <= 0:
        return []
    ready = WebhookSubscription.objects.filter(is_active=True).exclude(paused_until__gt=at)
    full = [one for one in set(busy) if list(busy).count(one) >= PER_SUBSCRIPTION]
    ready = ready.exclude(pk__in=full).exclude(failures__gt=0, pk__in=list(busy))
    due = Q(state__in=[DeliveryState.PENDING, DeliveryState.SENDING], next_attempt_at__lte=at)
    turn = Window(RowNumber(), partition_by=F("subscription_id"), order_by=[F("next_attempt_at"), F("id")])
    ranked = WebhookDelivery.objects.filter(due, subscription__in=ready).annotate(turn=turn)
    candidates = (
        ranked.filter(turn__lte=PER_SUBSCRIPTION)
        .order_by("turn", "next_attempt_at", "id")
        .values_list("pk", "turn", "subscription_id", "subscription__failures")[: limit * PER_SUBSCRIPTION]
    )
    # one at a time to whoever already has one on its way, or fails
    ids = [
        pk
        for pk, place, subscription_id, failures in candidates
        if place == 1 or (not failures and subscription_id not in busy)
    ][:limit]
    rows = list(
        WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("subscription")
        .filter(due, pk__in=ids)
        .order_by("pk")
    )
    WebhookDelivery.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=DeliveryState.SENDING, attempts=F("attempts") + 1, next_attempt_at=at + LEASE
    )
    return [
        Claimed(
            delivery_id=row.pk,
            subscription_id=row.subscription_id,
            message_id=row.message_id,
            url=row.subscription.url,
            body=row.body,
            secrets=_secrets(row.subscription, at=at),
        )
        for row in rows
    ]


def _secrets(subscription: WebhookSubscription, *, at: datetime) -> tuple[str, ...]:
    kept = unseal(subscription.secrets)
    if "previous" in kept and at < datetime.fromisoformat(kept["previous_until"]):
        return kept["current"], kept["previous"]
    return (kept["current"],)


@transaction.atomic
def record_outcome(*, delivery_id: int, outcome: Outcome) -> None:
    """Log the attempt and decide what follows; a delivery deleted meanwhile is nobody's matter any more."""
    subscription = (
        WebhookSubscription.objects.select_for_update(of=("self",)).filter(deliveries__pk=delivery_id).first()
    )
    delivery = WebhookDelivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
    if subscription is None or delivery is None:
        return
    WebhookAttempt.objects.create(
        account_id=delivery.account_id,
        delivery=delivery,
        at=outcome.at,
        duration_ms=outcome.duration_ms,
        status=outcome.status,
        error=outcome.error.replace("\0", "")[:300],
        answer=outcome.answer.replace("\0", "")[:500],
    )
    if outcome.is_success:
        _succeeded(delivery, subscription, at=outcome.at)
    else:
        _failed(delivery, subscription, outcome)


def _succeeded(delivery: WebhookDelivery, subscription: WebhookSubscription, *, at: datetime) -> None:
    delivery.state, delivery.next_attempt_at, delivery.delivered_at = DeliveryState.DELIVERED, None, at
    delivery.save(update_fields=["state", "next_attempt_at", "delivered_at"])
    subscription.failures, subscription.failing_since, subscription.paused_until = 0, None, None
    subscription.last_error, subscription.last_success_at = "", at
    subscription.save(update_fields=["failures", "failing_since", "paused_until", "last_error", "last_success_at"])


def _failed(delivery: WebhookDelivery, subscription: WebhookSubscription, outcome: Outcome) -> None:
    again = next_attempt_at(attempts=delivery.attempts, at=outcome.at)
    delivery.state = DeliveryState.FAILED if again is None else DeliveryState.PENDING
    delivery.next_attempt_at = again
    delivery.save(update_fields=["state", "next_attempt_at"])
    subscription.failures += 1
    subscription.failing_since = subscription.failing_since or outcome.at
    subscription.paused_until = outcome.at + pause(failures=subscription.failures)
    subscription.last_error = (outcome.error or f"answered {outcome.status}")[:300]
    patience = timedelta(days=settings.WEBHOOKS_DISABLED_AFTER_DAYS)
    if outcome.status == GONE:
        _disable(subscription, at=outcome.at, reason="The address answered 410: it wishes no more.")
    elif is_given_up(failing_since=subscription.failing_since, at=outcome.at, patience=patience):
        _disable(subscription, at=outcome.at, reason=f"Every attempt has failed for {patience.days} days.")
    subscription.save()


def _disable(subscription: WebhookSubscription, *, at: datetime, reason: str) -> None:
    if not subscription.is_active:
        return
    subscription.is_active, subscription.disabled_at, subscription.disabled_reason = False, at, reason
    logger.error("webhook %s of account %s is disabled: %s", subscription.pk, subscription.account_id, reason)
    audit.record(
        action="webhook.disable",
        target=subscription,
        actor_id=None,
        account_id=subscription.account_id,
        data={"url": subscription.url, "reason": reason, "error": subscription.last_error},
    )
    enqueue_on_commit("webhooks.tell_disabled", subscription_id=subscription.pk)
