"""Subscriptions and their log as people see them."""

from typing import Any, Final

from channels_app.subscriptions.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.intervals import as_text

PAGE: Final = 50


def health_of(subscription: WebhookSubscription) -> str:
    """Return ok, failing, disabled (by us) or off (by its people)."""
    if not subscription.is_active:
        return "disabled" if subscription.disabled_at is not None else "off"
    return "failing" if subscription.failing_since is not None else "ok"


def subscriptions_of(*, account_id: int) -> list[WebhookSubscription]:
    """Return the account's subscriptions, the newest first."""
    return list(WebhookSubscription.objects.filter(account_id=account_id).order_by("-id"))


def get_subscription(*, subscription_id: int) -> WebhookSubscription:
    """Return one subscription; NotFound out of scope."""
    found = WebhookSubscription.objects.filter(pk=subscription_id).first()
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def delivery_page(
    *, subscription_id: int, state: str, before_id: int | None, size: int = PAGE
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of deliveries, the newest first, each with its last attempt; and the cursor of the next page."""
    get_subscription(subscription_id=subscription_id)
    rows = WebhookDelivery.objects.filter(subscription_id=subscription_id).defer("body").order_by("-id")
    if state:
        rows = rows.filter(state=state)
    if before_id is not None:
        rows = rows.filter(pk__lt=before_id)
    found = list(rows[: size + 1])
    page = found[:size]
    last = WebhookAttempt.objects.filter(delivery__in=page).order_by("delivery_id", "-id").distinct("delivery_id")
    attempts = {attempt.delivery_id: attempt_document(attempt) for attempt in last}
    documents = [{**delivery_document(row), "last_attempt": attempts.get(row.pk)} for row in page]
    return documents, str(page[-1].pk) if len(found) > size else None


def delivery_detail(*, delivery_id: int) -> dict[str, Any]:
    """Return one delivery with its body and every attempt, the oldest first; NotFound out of scope."""
    row = WebhookDelivery.objects.filter(pk=delivery_id).first()
    if row is None:
        raise NotFound("There is no such delivery.")
    log = [attempt_document(attempt) for attempt in WebhookAttempt.objects.filter(delivery=row).order_by("id")]
    return {**delivery_document(row), "last_attempt": log[-1] if log else None, "body": row.body, "log": log}


def delivery_document(row: WebhookDelivery) -> dict[str, Any]:
    """Return a delivery without body and log."""
    return {
        "id": row.pk,
        "webhook_id": row.message_id,
        "kind": row.kind,
        "subject": row.subject,
        "created_at": as_text(row.created_at),
        "state": row.state,
        "attempts": row.attempts,
        "next_attempt_at": None if row.next_attempt_at is None else as_text(row.next_attempt_at),
        "delivered_at": None if row.delivered_at is None else as_text(row.delivered_at),
    }


def attempt_document(attempt: WebhookAttempt) -> dict[str, Any]:
    """Return one attempt."""
    return {
        "at": as_text(attempt.at),
        "duration_ms": attempt.duration_ms,
        "status": attempt.status,
        "error": attempt.error,
        "answer": attempt.answer,
    }
