"""Receipts: what a door has acknowledged, and its way to an entry of the timeline. Each function needs a scope.

A receipt is committed before the door answers. Processing is one transaction under the receipt's row lock: the entry
and the receipt's new state appear together or not at all, so a process killed anywhere leaves a pending receipt that
the sweeper finds, and two processes at once make one entry.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from channels_app.contract import AdapterError, EndpointInfo, IngestResult
from channels_app.endpoints import endpoint_info, note_error, note_received
from channels_app.ingest import ingest_event
from channels_app.models import Endpoint, Receipt, ReceiptState
from channels_app.pacing import turns
from channels_app.registry import adapter_for
from channels_app.webhook import RawEvent
from contactcenter.kernel.errors import NotFound
from contactcenter.kernel.jobs import enqueue_on_commit
from contactcenter.kernel.statements import columns, rows_from, take_row
from contactcenter.tenancy.models import Account
from contactcenter.tenancy.scope import current_scope

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 6
# how long the first attempt, begun by the door or its task, is left alone before the sweeper steps in
FIRST_ATTEMPT = timedelta(seconds=30)
# few enough that one slow receipt keeps few others waiting
PROCESSED_TOGETHER = 20
_OF_ENDPOINT = f"{columns(Endpoint, 'e')}, {columns(Account, 'a')}"
_STORE = f"""
    WITH stored AS (
        INSERT INTO channels_app_receipt (account_id, endpoint_id, external_id, raw, received_at, state, attempts,
            next_attempt_at, error, outcome)
        SELECT account_id, id, %s, %s, %s, 'pending', 0, %s, '', '{{}}' FROM channels_app_endpoint
        WHERE id = %s AND (%s::bigint[] IS NULL OR account_id = ANY(%s))
        ON CONFLICT (endpoint_id, external_id) DO NOTHING RETURNING id, endpoint_id
    )
    SELECT stored.id, {_OF_ENDPOINT} FROM stored
    JOIN channels_app_endpoint e ON e.id = stored.endpoint_id JOIN tenancy_account a ON a.id = e.account_id
"""  # noqa: S608 -- names of columns only
_LOCK = f"""
    SELECT r.raw, r.received_at, {_OF_ENDPOINT} FROM channels_app_receipt r
    JOIN channels_app_endpoint e ON e.id = r.endpoint_id JOIN tenancy_account a ON a.id = r.account_id
    WHERE r.id = %s AND r.state = 'pending' AND (%s::bigint[] IS NULL OR r.account_id = ANY(%s))
    FOR UPDATE OF r SKIP LOCKED
"""  # noqa: S608 -- names of columns only
_DONE = """
    UPDATE channels_app_receipt SET state = 'processed', processed_at = %s, next_attempt_at = NULL,
        attempts = attempts + %s, error = '', outcome = %s::jsonb, message_id = %s
    WHERE id = %s RETURNING id
"""
_BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1_800, 7_200))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReceipt:
    """A stored receipt; `created` is False where the same external id had come before."""

    receipt_id: int
    created: bool
    received_at: datetime
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Processed:
    """How a receipt stands after an attempt; `result` only if this attempt made the entry.

    `outcome` names the entry, or says what else came of it: a status, an edit, nothing.
    """

    receipt_id: int
    state: str
    error: str
    outcome: dict[str, Any]
    result: IngestResult | None


def store_receipt(
    *, endpoint_id: int, external_id: str, raw: bytes, at: datetime, enqueue: bool = True
) -> StoredReceipt:
    """Keep `raw` as received at `at`. Committed (with the caller's transaction, if any) when this returns.

    The same external id again changes nothing and returns the first receipt. With `enqueue` a worker processes it;
    a door that processes at once passes False. Raises NotFound for an endpoint outside the scope.
    """
    stored, _ = _store(endpoint_id=endpoint_id, external_id=external_id, raw=raw, at=at)
    if stored.created and enqueue:
        process_after_commit([stored.receipt_id])
    return stored


def _store(*, endpoint_id: int, external_id: str, raw: bytes, at: datetime) -> tuple[StoredReceipt, Endpoint | None]:
    """Return the receipt and, of a new one, its endpoint with the account."""
    reach = current_scope().reach()
    rows = rows_from(_STORE, [external_id[:500], raw, at, at + FIRST_ATTEMPT, endpoint_id, reach, reach])
    if rows:
        values = list(rows[0])
        receipt_id = values.pop(0)
        stored = StoredReceipt(receipt_id=receipt_id, created=True, received_at=at, state=ReceiptState.PENDING)
        return stored, _take_endpoint(values)
    existing = (
        Receipt.objects.filter(endpoint_id=endpoint_id, external_id=external_id[:500])
        .values_list("id", "received_at", "state")
        .first()
    )
    if existing is None:
        raise NotFound("There is no such endpoint.", field="endpoint")
    return StoredReceipt(receipt_id=existing[0], created=False, received_at=existing[1], state=existing[2]), None


def _take_endpoint(values: list[Any]) -> Endpoint:
    endpoint = take_row(Endpoint, values)
    endpoint.account = take_row(Account, values)
    return endpoint


def store_receipts(*, endpoint: EndpointInfo, events: Sequence[RawEvent], at: datetime) -> int:
    """Keep every event of one request, in one statement; returns how many are new. Needs a scope for the endpoint.

    Committed when this returns (outside a transaction one statement is one). What had come before changes nothing. Of
    an endpoint with a rate (`per_minute` in its settings) what exceeds it waits for its turn, in order.
    """
    per_minute = endpoint.settings.get("per_minute")
    if not per_minute:
        created = _insert([(endpoint.id, event, at, at + FIRST_ATTEMPT) for event in events])
        at_once = [receipt_id for receipt_id, _ in created]
    else:
        with transaction.atomic():
            due = _take_turns(endpoint_id=endpoint.id, arrived=len(events), per_minute=int(per_minute), at=at)
            created = _insert([(endpoint.id, event, at, turn) for event, turn in zip(events, due, strict=True)])
        at_once = [receipt_id for receipt_id, turn in created if turn <= at]
    process_after_commit(at_once)
    return len(created)


def store_together(requests: Sequence[tuple[EndpointInfo, Sequence[RawEvent], datetime]], /) -> list[int]:
    """Keep every event of several requests (endpoint, events, arrival), none of an endpoint with a rate.

    Returns the ids of those that are new, for process_after_commit. One statement, committed when this returns: either
    all are kept or none. Needs a scope for the endpoints.
    """
    created = _insert(
        [(endpoint.id, event, at, at + FIRST_ATTEMPT) for endpoint, events, at in requests for event in events]
    )
    return [receipt_id for receipt_id, _ in created]


def process_after_commit(receipt_ids: Sequence[int], /) -> None:
    """Have workers process these receipts, in order, a few by one task."""
    for start in range(0, len(receipt_ids), PROCESSED_TOGETHER):
        enqueue_on_commit("channels.process_receipts", receipt_ids=receipt_ids[start : start + PROCESSED_TOGETHER])


def _insert(rows: Sequence[tuple[int, RawEvent, datetime, datetime]]) -> list[tuple[int, datetime]]:
    """Insert what is new of (endpoint id, event, arrival, when it is due), in order; returns (receipt id, due)."""
    return [
        (row[0], row[1])
        for row in rows_from(
            "INSERT INTO channels_app_receipt (account_id, endpoint_id, external_id, raw, received_at, state, attempts,"
            " next_attempt_at, error, outcome)"
            " SELECT e.account_id, e.id, left(r.external_id, 500), r.raw, r.at, 'pending', 0, r.due, '', '{}'"
            " FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::timestamptz[], %s::timestamptz[])"
            " WITH ORDINALITY r(endpoint_id, external_id, raw, at, due, position)"
            " JOIN channels_app_endpoint e ON e.id = r.endpoint_id ORDER BY r.position"
            " ON CONFLICT (endpoint_id, external_id) DO NOTHING RETURNING id, next_attempt_at",
            [
                [endpoint_id for endpoint_id, _, _, _ in rows],
                [event.external_id.replace("\0", "") for _, event, _, _ in rows],
                [event.raw for _, event, _, _ in rows],
                [at for _, _, at, _ in rows],
                [due for _, _, _, due in rows],
            ],
        )
    ]


def _take_turns(*, endpoint_id: int, arrived: int, per_minute: int, at: datetime) -> list[datetime]:
    """Plan so many further receipts of the endpoint; requests at the same time wait for each other."""
    endpoint = Endpoint.objects.select_for_update(of=("self",)).only("paced_until").get(pk=endpoint_id)
    due, mark = turns(paced_until=endpoint.paced_until, arrived=arrived, per_minute=per_minute, at=at)
    Endpoint.objects.filter(pk=endpoint_id).update(paced_until=mark)
    return due


def process_receipt(*, receipt_id: int, at: datetime | None = None, counted: bool = False) -> Processed:
    """Turn a pending receipt into its entry; safe to call any number of times, by anyone, at once.

    A receipt that is done, failed, or in the hands of another process is left alone. A failure is recorded on the
    receipt: permanent ones at once as failed, others to be tried again, `MAX_ATTEMPTS` times in all. `counted`:
    claim_due has counted this attempt already.
    """
    at = at or timezone.now()
    try:
        with transaction.atomic():
            return _process(receipt_id=receipt_id, at=at, counted=counted)
    except AdapterError as error:
        return _record_failure(
            receipt_id=receipt_id,
            error=str(error),
            permanent=error.permanent,
            at=at,
            counted=counted,
        )
    except Exception as error:
        # the one door behind all doors: whatever the message did, it stays, it is listed, and the others go on
        logger.exception("receipt %s could not be processed", receipt_id)
        reason = f"{type(error).__name__}: {error}"
        return _record_failure(receipt_id=receipt_id, error=reason, permanent=False, at=at, counted=counted)


def receive(*, endpoint_id: int, external_id: str, raw: bytes, at: datetime) -> tuple[StoredReceipt, Processed]:
    """Store and process in one transaction: for a door that answers after processing.

    If processing fails the receipt is stored by itself, so that it is listed and retried; nothing is lost either way.
    """
    try:
        with transaction.atomic():
            stored, endpoint = _store(endpoint_id=endpoint_id, external_id=external_id, raw=raw, at=at)
            if endpoint is None:
                return stored, _as_it_stands(receipt_id=stored.receipt_id)
            # nobody else sees the receipt yet: it needs no lock
            pending = _Pending(id=stored.receipt_id, endpoint=endpoint, raw=raw, received_at=at)
            return stored, _make_entry(pending, at=at, counted=False)
    except NotFound:
        raise
    except Exception as error:
        # process_receipt meets the error again, with the receipt safe, and records it there
        logger.info("a receipt is stored before it is processed: %s", error)
    stored = store_receipt(endpoint_id=endpoint_id, external_id=external_id, raw=raw, at=at, enqueue=False)
    return stored, process_receipt(receipt_id=stored.receipt_id, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """A receipt in our hands, whose endpoint has its account loaded."""

    id: int
    endpoint: Endpoint
    raw: bytes
    received_at: datetime


def _process(*, receipt_id: int, at: datetime, counted: bool) -> Processed:
    reach = current_scope().reach()
    rows = rows_from(_LOCK, [receipt_id, reach, reach])
    if not rows:
        return _as_it_stands(receipt_id=receipt_id)
    values = list(rows[0])
    raw, received_at = bytes(values.pop(0)), values.pop(0)
    pending = _Pending(id=receipt_id, endpoint=_take_endpoint(values), raw=raw, received_at=received_at)
    return _make_entry(pending, at=at, counted=counted)


def _make_entry(receipt: _Pending, *, at: datetime, counted: bool) -> Processed:
    endpoint = endpoint_info(receipt.endpoint)
    event = adapter_for(kind=endpoint.kind, provider=endpoint.provider).translate(
        raw=receipt.raw, endpoint=endpoint, received_at=receipt.received_at
    )
    result, outcome = ingest_event(endpoint=receipt.endpoint, event=event, receipt_id=receipt.id)
    message_id = None if result is None else result.message_id
    rows_from(_DONE, [at, 0 if counted else 1, json.dumps(outcome), message_id, receipt.id])
    note_received(endpoint=receipt.endpoint, at=receipt.received_at)
    return Processed(receipt_id=receipt.id, state=ReceiptState.PROCESSED, error="", outcome=outcome, result=result)


def _as_it_stands(*, receipt_id: int) -> Processed:
    row = Receipt.objects.filter(pk=receipt_id).values_list("state", "error", "outcome").first()
    if row is None:
        raise NotFound("There is no such receipt.", field="receipt_id")
    return Processed(receipt_id=receipt_id, state=row[0], error=row[1], outcome=row[2], result=None)


@transaction.atomic
def _record_failure(*, receipt_id: int, error: str, permanent: bool, at: datetime, counted: bool) -> Processed:
    receipt = (
        Receipt.objects.select_for_update(of=("self",))
        .defer("raw")
        .filter(pk=receipt_id, state=ReceiptState.PENDING)
        .first()
    )
    if receipt is None:
        return _as_it_stands(receipt_id=receipt_id)
    receipt.attempts += 0 if counted else 1
    receipt.error = error.replace("\0", "")[:2_000]
    if permanent or receipt.attempts >= MAX_ATTEMPTS:
        receipt.state = ReceiptState.FAILED
        receipt.next_attempt_at = None
        note_error(endpoint_id=receipt.endpoint_id, error=receipt.error, at=at)
        logger.error("receipt %s has failed for good: %s", receipt_id, receipt.error)
    else:
        receipt.next_attempt_at = at + back_off(receipt.attempts)
    receipt.save(update_fields=["attempts", "error", "state", "next_attempt_at"])
    return Processed(
        receipt_id=receipt_id, state=receipt.state, error=receipt.error, outcome=receipt.outcome, result=None
    )


def back_off(attempts: int) -> timedelta:
    """Return how long to wait after so many failed attempts: 10 s, 1 min, 5 min, 30 min, then 2 h."""
    return _BACK_OFF[min(max(attempts, 1), len(_BACK_OFF)) - 1]


def claim_due(*, at: datetime, limit: int = 200) -> list[tuple[int, int]]:
    """Return (account id, receipt id) of pending receipts that are due, each put off so that no other sweeper takes it.

    The claim counts as an attempt, so that a receipt that kills its process is not tried for ever.
    """
    with transaction.atomic():
        due = list(
            Receipt.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(state=ReceiptState.PENDING, next_attempt_at__lte=at)
            .order_by("next_attempt_at", "pk")
            .values_list("account_id", "pk", "attempts")[:limit]
        )
        hopeless = [pk for _, pk, attempts in due if attempts >= MAX_ATTEMPTS]
        Receipt.objects.filter(pk__in=hopeless).update(
            state=ReceiptState.FAILED,
            next_attempt_at=None,
            error="processing was interrupted every time (the worker was killed)",
        )
        claimed = [(account_id, pk) for account_id, pk, attempts in due if attempts < MAX_ATTEMPTS]
        Receipt.objects.filter(pk__in=[pk for _, pk in claimed]).update(
            attempts=F("attempts") + 1, next_attempt_at=at + _BACK_OFF[1]
        )
    return claimed
