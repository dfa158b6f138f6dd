"""How endpoints stand, and whether one works right now. Each needs a scope."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q

from channels_app.contract import AdapterError
from channels_app.endpoints import endpoint_info, note_error
from channels_app.models import Endpoint, EndpointKind, Receipt, ReceiptState
from channels_app.registry import adapter_for
from contactcenter.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What an endpoint has received and not made an entry of. `lag_ms` is the age of the oldest that is pending."""

    pending: int = 0
    failed: int = 0
    oldest_pending_at: datetime | None = None
    lag_ms: int = 0


def backlogs(*, at: datetime, endpoint_id: int | None = None) -> dict[int, Backlog]:
    """Return the backlog of each endpoint that has one, by endpoint id. One query over the unfinished receipts only."""
    rows = Receipt.objects.filter(state__in=[ReceiptState.PENDING, ReceiptState.FAILED])
    if endpoint_id is not None:
        rows = rows.filter(endpoint_id=endpoint_id)
    pending = Q(state=ReceiptState.PENDING)
    counted = rows.values("endpoint_id").annotate(
        pending=Count("id", filter=pending),
        failed=Count("id", filter=~pending),
        oldest=Min("received_at", filter=pending),
    )
    return {
        row["endpoint_id"]: Backlog(
            pending=row["pending"],
            failed=row["failed"],
            oldest_pending_at=row["oldest"],
            lag_ms=max(int((at - row["oldest"]).total_seconds() * 1000), 0) if row["oldest"] else 0,
        )
        for row in counted.order_by("endpoint_id")
    }


def health_document(*, endpoint: Endpoint, backlog: Backlog | None) -> dict[str, Any]:
    """Return the endpoint's health as the admin page shows it."""
    return {
        "last_received_at": endpoint.last_received_at,
        "last_error_at": endpoint.last_error_at,
        "last_error": endpoint.last_error,
        **asdict(backlog or Backlog()),
    }


def check_endpoint(*, endpoint_id: int, at: datetime) -> tuple[bool, str]:
    """Ask the other side whether the endpoint works as it is configured; returns the answer and its sentence.

    Changes nothing but the endpoint's last error where it does not work. Takes as long as the other side does, within
    the client's patience: no transaction may be open.
    """
    endpoint = Endpoint.objects.select_related("account").filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound("There is no such endpoint.")
    if endpoint.kind == EndpointKind.VOICE:
        return True, "A telephone system sends its log by itself; there is nothing to ask."
    try:
        adapter = adapter_for(kind=endpoint.kind, provider=endpoint.provider)
        return True, adapter.check(endpoint=endpoint_info(endpoint))
    except AdapterError as error:
        note_error(endpoint_id=endpoint.pk, error=f"The connection test failed: {error}", at=at)
        return False, str(error)
