"""What screens and other software read of callbacks."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet

from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.intervals import as_text
from contactcenter.routing.models import OPEN_CALLBACKS, CallbackAttempt, CallbackRequest

PAGE = 50


def _rows() -> QuerySet[CallbackRequest]:
    attempts = CallbackAttempt.objects.select_related("operator").order_by("id")
    return CallbackRequest.objects.select_related("ticket", "contact", "queue", "operator").prefetch_related(
        Prefetch("attempts", queryset=attempts)
    )


def callbacks_of(*, ticket_id: int) -> list[CallbackRequest]:
    """Return a ticket's requests, the newest first."""
    return list(_rows().filter(ticket_id=ticket_id).order_by("-requested_at", "-id")[:20])


def callback_page(
    *, is_open: bool, account_id: int | None, after_id: int | None
) -> tuple[list[CallbackRequest], int | None]:
    """Return a page of requests and the cursor of the next: open ones in the order of their place, else the newest.

    `after_id` is the last request of the page before.
    """
    rows = _rows()
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    if is_open:
        rows = rows.filter(state__in=OPEN_CALLBACKS).order_by("enqueued_at", "id")
        last = CallbackRequest.objects.filter(pk=after_id).first() if after_id else None
        if last is not None:
            later = rows.filter(enqueued_at__gt=last.enqueued_at)
            rows = later | rows.filter(enqueued_at=last.enqueued_at, pk__gt=last.pk)
    else:
        rows = rows.order_by("-pk")
        if after_id is not None:
            rows = rows.filter(pk__lt=after_id)
    page = list(rows[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].pk if len(page) > PAGE else None


def callback_frame(callback: CallbackRequest) -> dict[str, Any]:
    """A request as screens receive it."""
    return {
        "id": callback.pk,
        "account_id": callback.account_id,
        "ticket_id": callback.ticket_id,
        "ticket_number": callback.ticket.number,
        "contact": {"id": callback.contact_id, "name": callback.contact.name},
        "number": callback.number,
        "asked_through": callback.source,
        "state": callback.state,
        "queue": callback.queue.name if callback.queue else "",
        "enqueued_at": as_text(callback.enqueued_at),
        "requested_at": as_text(callback.requested_at),
        "next_attempt_at": as_text(callback.next_attempt_at) if callback.next_attempt_at else None,
        "expires_at": as_text(callback.expires_at) if callback.expires_at else None,
        "attempts_made": callback.attempts_made,
        "attempts_allowed": callback.queue.callback_attempts if callback.queue else 1,
        "operator": (
            {"id": callback.operator_id, "name": callback.operator.display_name} if callback.operator else None
        ),
        "reason": callback.reason,
        "attempts": [
            {
                "operator": {"id": attempt.operator_id, "name": attempt.operator.display_name},
                "result": attempt.result,
                "started_at": as_text(attempt.started_at),
                "ended_at": as_text(attempt.ended_at),
                "note": attempt.note,
            }
            for attempt in callback.attempts.all()
        ],
    }


def check_callback(*, callback_id: int) -> None:
    """Raise NotFound for a request outside the scope."""
    if not CallbackRequest.objects.filter(pk=callback_id).exists():
        raise NotFound("There is no such callback.")


def get_callback_frame(*, callback_id: int) -> dict[str, Any]:
    """Return one request within the scope as screens receive it."""
    return callback_frame(_rows().get(pk=callback_id))
