"""Every receipt became an entry, and no entry came from nowhere."""

from datetime import datetime

from channels_app.contract import AdapterError, InboundMessage
from channels_app.endpoints import endpoint_info
from channels_app.models import Receipt, ReceiptState
from channels_app.registry import adapter_for
from contactcenter.dashboards.verification.checks import STUCK_AFTER, Check, add_rows, count_of


def receipts_equal_entries(*, at: datetime) -> Check:
    """Processed receipts point to their entry, entries have their receipt, nothing is stuck.

    Failed receipts are kept, listed and can be tried again: they are counted by the intake, and no difference here.
    """
    check = Check("receipts = entries", "every receipt has become its entry, every entry has its receipt")
    check.checked = count_of("SELECT count(*) FROM channels_app_receipt")
    add_rows(
        check,
        "receipt {0}: is {1}, yet has {2}",
        """
        SELECT id, state, CASE WHEN message_id IS NULL THEN 'no entry' ELSE 'entry ' || message_id END
        FROM channels_app_receipt
        WHERE (state = 'processed' AND coalesce(outcome ->> 'status', '')
               NOT IN ('report', 'edit', 'part', 'ignored', 'passed_on'))
              <> (message_id IS NOT NULL) OR (state = 'processed') <> (processed_at IS NOT NULL)
        ORDER BY id
        """,
    )
    add_rows(
        check,
        "receipt {0}: its outcome names entry {1} of ticket {2}, it made entry {3} of ticket {4}",
        """
        SELECT r.id, r.outcome ->> 'message_id', r.outcome ->> 'ticket_id', m.id, m.ticket_id
        FROM channels_app_receipt r JOIN tickets_message m ON m.id = r.message_id
        WHERE r.outcome ->> 'message_id' IS DISTINCT FROM m.id::text
           OR r.outcome ->> 'ticket_id' IS DISTINCT FROM m.ticket_id::text
           OR r.account_id <> m.account_id
        ORDER BY r.id
        """,
    )
    add_rows(
        check,
        "entry {0} of ticket {1}: came from outside as {2!r}, without a receipt",
        """
        SELECT m.id, m.ticket_id, m.external_id FROM tickets_message m
        LEFT JOIN channels_app_receipt r ON r.message_id = m.id
        WHERE m.direction = 'in' AND m.external_id <> '' AND r.id IS NULL ORDER BY m.id
        """,
    )
    add_rows(
        check,
        "receipt {0}: pending since {1}, and nobody has taken it up",
        """
        SELECT id, received_at FROM channels_app_receipt
        WHERE state = 'pending' AND coalesce(next_attempt_at, received_at) < %s ORDER BY id
        """,
        [at - STUCK_AFTER],
    )
    return check


def calls_equal_log(*, at: datetime) -> Check:
    """Every line of a telephone log has been reduced or rejected, and every call stems from such lines."""
    check = Check("calls = telephone log", "every log line is reduced or rejected, every call has its lines")
    check.checked = count_of("SELECT count(*) FROM tickets_call")
    add_rows(
        check,
        "telephone log entry {0}: received at {1}, calls do not know of it yet",
        """
        SELECT id, received_at FROM channels_app_phonelogentry
        WHERE reduced_at IS NULL AND rejected = '' AND received_at < %s ORDER BY id
        """,
        [at - STUCK_AFTER],
    )
    add_rows(
        check,
        "call {0} ({1}): no line of the telephone log tells of it",
        """
        SELECT c.id, c.external_id FROM tickets_call c WHERE NOT EXISTS (
            SELECT 1 FROM channels_app_phonelogentry e WHERE e.endpoint_id = c.endpoint_id
            AND e.call_keys && (SELECT array_agg(k)::varchar[] FROM (
                SELECT jsonb_array_elements_text(c.external_ids) AS k UNION SELECT c.external_id) AS keys)
        ) ORDER BY c.id
        """,
    )
    return check


def entries_equal_raw(*, newest: int) -> Check:
    """The newest processed receipts, translated again from their raw bytes, say what their entries say."""
    check = Check("entries = raw", f"the newest {newest} receipts translated again give the text of their entries")
    receipts = (
        Receipt.objects.filter(state=ReceiptState.PROCESSED, message__isnull=False)
        .select_related("endpoint__account", "message")
        .order_by("-pk")[:newest]
    )
    for receipt in receipts.iterator(chunk_size=50):
        check.checked += 1
        message = receipt.message
        try:
            adapter = adapter_for(kind=receipt.endpoint.kind, provider=receipt.endpoint.provider)
            event = adapter.translate(
                raw=bytes(receipt.raw), endpoint=endpoint_info(receipt.endpoint), received_at=receipt.received_at
            )
        except AdapterError as error:
            check.differs(f"receipt {receipt.pk}: can no longer be translated: {error}")
            continue
        if message is None:
            continue
        edits = message.headers.get("edits")
        said = edits[0]["before"] if edits else message.text
        if (
            not isinstance(event, InboundMessage)
            or event.external_id[:500] != message.external_id
            # further files of an album may have brought the text, further parts the rest
            or (event.text not in said if event.album or event.piece else event.text != said)
        ):
            check.differs(f"receipt {receipt.pk}: its raw bytes do not say what entry {message.pk} says")
    return check


def failed_receipts() -> int:
    """Return how many receipts wait for a person: kept raw, listed, to be tried again."""
    return Receipt.objects.filter(state=ReceiptState.FAILED).count()
