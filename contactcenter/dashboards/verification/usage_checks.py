"""Usage lines are what the ledger allocates; invoice lines are what usage lines and terms give."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Sum

from billing.models import AddOn, DocumentKind, Invoice, InvoiceLine, InvoiceLineUsage
from billing.prepaid import drawn_units, purchases
from billing.pricing import Bill, Line
from billing.replay import bill_hash, replay_bill, replay_chain, replay_hash
from billing.terms import WORK_CLASSES
from contactcenter.dashboards.verification.checks import STUCK_AFTER, Check, add_rows, count_of

_CLASSES = tuple(time_class.value for time_class in WORK_CLASSES)

# What billing has not collected yet, and what the ledger has not followed yet, is work under way and no difference.
_UNCOLLECTED = """
    SELECT r.session_id FROM worktime_allocationrun r LEFT JOIN billing_collectedrun c ON c.allocation_run_id = r.id
    WHERE (r.is_current AND c.revision IS DISTINCT FROM r.revision) OR (NOT r.is_current AND c.revision IS NOT NULL)
"""
_BEHIND = "SELECT t.id FROM worktime_session t JOIN worktime_underivedstretch u ON u.operator_id = t.operator_id"
_WAITING = f"{_UNCOLLECTED} UNION {_BEHIND}"
_SETTLED = """
    SELECT a.interaction_id, a.account_id, a.kind, a.ms, s.session_id FROM worktime_allocation a
    JOIN worktime_slice s ON s.id = a.slice_id JOIN worktime_session t ON t.id = s.session_id
    WHERE a.until_version IS NULL AND a.interaction_id IS NOT NULL
        AND NOT (t.ended_at IS NULL AND s.ended_at >= t.derived_until)
"""


def usage_equals_allocations(*, at: datetime) -> Check:
    """Each usage line is the sum of its sources, each source what its allocation run says, nothing left out."""
    check = Check("usage = allocations", "usage lines sum their sources, and sources are what was allocated")
    check.checked = count_of("SELECT count(*) FROM billing_usageline")
    sums = ", ".join(f"coalesce(sum(s.ms) FILTER (WHERE s.kind = '{name}'), 0) AS {name}" for name in _CLASSES)
    unequal = " OR ".join(f"u.{name}_ms <> s.{name}" for name in _CLASSES)
    add_rows(
        check,
        "usage line {0} of interaction {1}, session {2}: its milliseconds are not those of its sources",
        f"""
        SELECT u.id, u.interaction_id, u.session_id FROM billing_usageline u
        JOIN (SELECT u.id, {sums}, coalesce(sum(s.ms) FILTER (WHERE s.kind = 'idle'), 0) AS idle,
                  coalesce(sum(s.ms) FILTER (WHERE s.kind <> 'idle'), 0) AS operator
              FROM billing_usageline u LEFT JOIN billing_usagesource s ON s.usage_line_id = u.id
              GROUP BY u.id) AS s ON s.id = u.id
        WHERE CASE WHEN u.session_id IS NULL THEN {unequal} ELSE u.idle_ms <> s.idle OR u.operator_ms <> s.operator END
        ORDER BY u.id
        """,  # noqa: S608 - only this module's own constants
    )
    add_rows(
        check,
        "usage line {0}: its source {1} has {2} ms of slice {3}, run {4} allocates {5} ms to it",
        """
        SELECT u.id, s.id, s.ms, s.slice_id, s.allocation_run_id, coalesce(sum(a.ms), 0)
        FROM billing_usagesource s JOIN billing_usageline u ON u.id = s.usage_line_id
        LEFT JOIN worktime_allocation a ON a.run_id = s.allocation_run_id AND a.slice_id = s.slice_id
            AND a.account_id = u.account_id AND a.kind = s.kind
            AND (u.session_id IS NOT NULL OR a.interaction_id = u.interaction_id)
        GROUP BY u.id, s.id HAVING s.ms <> coalesce(sum(a.ms), 0) ORDER BY u.id
        """,
    )
    totals = ", ".join(
        f"coalesce(sum(a.ms) FILTER (WHERE a.kind = '{name}'), 0)::bigint AS {name}" for name in _CLASSES
    )
    add_rows(
        check,
        "usage line {0} of interaction {1}: {2} ms, the current allocations give {3} ms",
        f"""
        WITH settled AS ({_SETTLED}), waiting AS ({_WAITING}),
        given AS (SELECT u.id, {totals},
                coalesce(bool_or(a.session_id IN (SELECT session_id FROM waiting)), false) AS is_waiting
            FROM billing_usageline u LEFT JOIN settled a
                ON a.interaction_id = u.interaction_id AND a.account_id = u.account_id
            WHERE u.is_current AND u.interaction_id IS NOT NULL GROUP BY u.id)
        SELECT u.id, u.interaction_id, {" + ".join(f"u.{name}_ms" for name in _CLASSES)},
            {" + ".join(f"s.{name}" for name in _CLASSES)}
        FROM billing_usageline u JOIN given s ON s.id = u.id
        WHERE NOT s.is_waiting AND ({unequal})
            AND NOT EXISTS (SELECT 1 FROM billing_usagesource o WHERE o.usage_line_id = u.id
                AND o.session_id IN (SELECT session_id FROM waiting))
        ORDER BY u.id
        """,  # noqa: S608 - only this module's own constants
    )
    add_rows(
        check,
        "interaction {0} of account {1}: {2} ms allocated, no usage line",
        f"""
        WITH settled AS ({_SETTLED}), waiting AS ({_WAITING})
        SELECT i.id, i.account_id, sum(a.ms) FROM tickets_interaction i
        JOIN settled a ON a.interaction_id = i.id AND a.account_id = i.account_id AND a.kind <> 'offer'
        WHERE i.ended_at < %s AND NOT EXISTS (
            SELECT 1 FROM billing_usageline u WHERE u.interaction_id = i.id AND u.is_current)
        GROUP BY i.id HAVING NOT bool_or(a.session_id IN (SELECT session_id FROM waiting)) ORDER BY i.id
        """,  # noqa: S608 - only this module's own constants
        [at - STUCK_AFTER],
    )
    add_rows(
        check,
        "interaction {0}: allocation {1} gives its time to account {2}, it is account {3}'s",
        """
        SELECT i.id, a.id, a.account_id, i.account_id FROM worktime_allocation a
        JOIN tickets_interaction i ON i.id = a.interaction_id
        WHERE a.until_version IS NULL AND a.account_id <> i.account_id ORDER BY a.id
        """,
    )
    add_rows(
        check,
        "session {0}, account {1}: usage has {2} ms of waiting and {3} ms of operator hours, allocated are {4} and {5}",
        f"""
        WITH waiting AS ({_WAITING}),
        used AS (SELECT session_id, account_id, sum(idle_ms) AS idle, sum(operator_ms) AS operator
            FROM billing_usageline WHERE is_current AND session_id IS NOT NULL GROUP BY session_id, account_id),
        given AS (SELECT r.session_id, a.account_id, coalesce(sum(a.ms) FILTER (WHERE a.kind = 'idle'), 0) AS idle,
                coalesce(sum(a.ms) FILTER (WHERE a.kind <> 'idle'), 0) AS operator
            FROM worktime_allocation a JOIN worktime_allocationrun r ON r.id = a.run_id
            WHERE a.until_version IS NULL AND a.account_id IS NOT NULL GROUP BY r.session_id, a.account_id)
        SELECT session_id, account_id, coalesce(u.idle, 0), coalesce(u.operator, 0), coalesce(g.idle, 0),
            coalesce(g.operator, 0)
        FROM used u FULL JOIN given g USING (session_id, account_id) JOIN worktime_session t ON t.id = session_id
        WHERE t.ended_at < %s AND session_id NOT IN (SELECT session_id FROM waiting)
            AND (coalesce(u.idle, 0), coalesce(u.operator, 0)) <> (coalesce(g.idle, 0), coalesce(g.operator, 0))
        ORDER BY session_id, account_id
        """,  # noqa: S608 - only this module's own constants
        [at - STUCK_AFTER],
    )
    return check


def uncollected_sessions() -> int:
    """Return how many sessions billing has still to collect."""
    return count_of(f"SELECT count(DISTINCT session_id) FROM ({_UNCOLLECTED}) AS u")  # noqa: S608


def invoices_equal_usage() -> Check:
    """Each invoice computed again from its own terms and usage gives its lines, totals and content hash."""
    check = Check("invoices = usage", "an invoice computed again gives the same lines, totals and content hash")
    for invoice in Invoice.objects.order_by("pk").iterator(chunk_size=100):
        check.checked += 1
        for cause in _invoice_differences(invoice):
            check.differs(f"invoice {invoice.pk} ({invoice}): {cause}")
    add_rows(
        check,
        "document {0} ({1}): it follows no document of its issuer's chain",
        """
        SELECT i.id, i.number FROM billing_invoice i JOIN billing_numberseries s ON s.id = i.series_id
        LEFT JOIN (SELECT d.chain_hash, d.chain_position, n.issuer_id FROM billing_invoice d
            JOIN billing_numberseries n ON n.id = d.series_id) AS before
            ON before.issuer_id = s.issuer_id AND before.chain_position = i.chain_position - 1
        WHERE i.previous_hash <> coalesce(before.chain_hash, '') ORDER BY i.id
        """,
    )
    add_rows(
        check,
        "issuer {0}: its chain ends with document {1}, it has issued {2}",
        """
        SELECT c.issuer_id, c.length, count(i.id) FROM billing_documentchain c
        LEFT JOIN billing_numberseries s ON s.issuer_id = c.issuer_id LEFT JOIN billing_invoice i ON i.series_id = s.id
        GROUP BY c.issuer_id, c.length, c.head
        HAVING count(i.id) <> c.length OR NOT coalesce(bool_or(i.chain_hash = c.head), c.length = 0)
        """,
    )
    return check


def prepaid_is_covered() -> Check:
    """No more is drawn of units bought ahead than was bought, nor by an invoice of other days than theirs."""
    check = Check("prepaid = drawn + left", "issued documents draw no more than was bought ahead, on its days alone")
    for account_id in AddOn.objects.filter(prepaid_units__isnull=False).values_list("account_id", flat=True).distinct():
        rows = {row.add_on.reference: row for row in purchases(account_id=account_id)}
        for row in rows.values():
            check.checked += 1
            if row.left < 0:
                check.differs(f"{row.add_on}: {row.bought} bought, {row.bought - row.left} drawn")
        found = list(drawn_units(account_id=account_id))
        invoices = Invoice.objects.in_bulk({drawn.invoice_id for drawn in found})
        for drawn in found:
            row_or_none = rows.get(drawn.grant)
            if row_or_none is None:
                check.differs(f"document {drawn.document_id} draws on {drawn.grant}, which is not approved")
                continue
            add_on, invoice = row_or_none.add_on, invoices[drawn.invoice_id]
            if invoice.period_end <= add_on.starts_on or (add_on.ends_on and invoice.period_start >= add_on.ends_on):
                check.differs(f"{add_on} is drawn on for {invoice.period}, outside its days")
    return check


def _invoice_differences(invoice: Invoice) -> Iterator[str]:
    lines = list(InvoiceLine.objects.filter(invoice=invoice).order_by("position"))
    net = sum(line.amount for line in lines)
    if net != invoice.net:
        yield f"its lines sum to {net}, it says {invoice.net} net"
    if invoice.net + invoice.tax != invoice.total:
        yield f"net {invoice.net} and tax {invoice.tax} are not its total {invoice.total}"
    sums = InvoiceLineUsage.objects.filter(line__invoice=invoice).values_list("line_id").annotate(total=Sum("amount"))
    contacts: dict[int, Any] = dict(sums.iterator(chunk_size=1000))
    for line in lines:
        if line.pk in contacts and contacts[line.pk] != line.amount:
            yield f"the contacts of line {line.position} sum to {contacts[line.pk]}, it says {line.amount}"
    if invoice.chain_hash and replay_chain(invoice=invoice) != invoice.chain_hash:
        yield "its link to the document before is not that of its number, dates and content"
    if invoice.kind == DocumentKind.CREDIT_NOTE:
        yield from _credit_differences(invoice)
        return
    try:
        bill = replay_bill(invoice=invoice)
    except (LookupError, ValueError, TypeError, ArithmeticError) as error:
        yield f"it cannot be computed again: {type(error).__name__}: {error}"
        return
    yield from _bill_differences(invoice, lines, bill)


def _credit_differences(note: Invoice) -> Iterator[str]:
    try:
        digest = replay_hash(invoice=note)
    except (LookupError, ValueError) as error:
        yield f"it cannot be computed again: {type(error).__name__}: {error}"
        return
    if digest != note.content_hash:
        yield f"its content hash is {note.content_hash[:12]}, computed again {digest[:12]}"


def _bill_differences(invoice: Invoice, lines: list[InvoiceLine], bill: Bill) -> Iterator[str]:
    if len(lines) != len(bill.lines):
        yield f"it has {len(lines)} lines, computed again {len(bill.lines)}"
    for line, again in zip(lines, bill.lines, strict=False):
        if (line.kind, line.amount) != (again.kind, again.amount):
            yield f"line {line.position} says {line.kind} {line.amount}, computed again {again.kind} {again.amount}"
        yield from _contact_differences(line, again)
    if bill.money(units=bill.total_units) != invoice.total:
        yield f"its total is {invoice.total}, computed again {bill.money(units=bill.total_units)}"
    digest = bill_hash(invoice=invoice, bill=bill)
    if digest != invoice.content_hash:
        yield f"its content hash is {invoice.content_hash[:12]}, computed again {digest[:12]}"


def _contact_differences(line: InvoiceLine, again: Line) -> Iterator[str]:
    columns = ("usage_line_id", "raw", "waived", "rounding", "billed", "included", "charged", "amount")
    stored = InvoiceLineUsage.objects.filter(line=line).order_by("position").values_list(*columns)
    computed = (
        (
            int(contact.rated.usage.id),
            contact.rated.raw,
            contact.rated.waived,
            contact.rated.rounding,
            contact.rated.billed,
            contact.rated.included,
            contact.rated.charged,
            again.money(units=contact.units),
        )
        for contact in again.contacts
    )
    if len(again.contacts) != stored.count():
        yield f"line {line.position} has {stored.count()} contacts, computed again {len(again.contacts)}"
    for row, expected in zip(stored.iterator(chunk_size=2000), computed, strict=False):
        if tuple(row) != expected:
            yield f"line {line.position}: the contact of usage line {row[0]} is not what was computed again"
