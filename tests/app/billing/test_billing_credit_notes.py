"""Approval, credit notes, cancellation, the chain: amounts are worked by hand under the tariff CARE (rows.py)."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from billing import actions
from billing.models import DocumentChain, Invoice, InvoiceLine, InvoiceLineUsage, Issuer, NumberSeries
from billing.replay import replay_chain, replay_file, replay_hash
from billing.replay_file import replay_document
from billing.runs import run_invoices
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.models import AuditEntry
from contactcenter.tenancy.doors import open_account
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, sign, version_in_force
from tests.app.factories import make_account

Serve = Callable[..., Interaction]
TWO_TAXES = {
    "name": "Two taxes",
    "currency": "EUR",
    "taxes": [{"code": "vat", "percent": "21"}, {"code": "low", "percent": "10"}],
    "components": [
        {"code": "phone", "kind": "per_minute", "rate_per_minute": "1.11", "match": {"channel": "voice"}},
        {"code": "rest", "kind": "per_contact", "rate_per_contact": "1.90", "tax": "low"},
        {"code": "thanks", "kind": "credit", "amount": "0.50"},
    ],
}


def draft(account: Account, **given: bool) -> Invoice:
    return actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None, **given).invoice


def issue(account: Account) -> Invoice:
    return actions.issue_invoice(invoice_id=draft(account).pk, at=AT, actor_id=None, approve=True)


def credit(invoice: Invoice, amounts: dict[int, str] | None = None, code: str = "goodwill") -> Invoice:
    return actions.issue_credit_note(
        invoice_id=invoice.pk,
        amounts=None if amounts is None else {position: Decimal(amount) for position, amount in amounts.items()},
        reason_code=code,
        reason="Agreed on the phone",
        at=AT + timedelta(days=1),
        actor_id=None,
    )


@pytest.fixture
def june(account: Account, serve: Serve) -> Account:
    """Phone 61 s = 1.1285, so 1.13; two chats 3.80; credit 0.50.

    21 % of 0.63 = 0.1323, so 0.13; 10 % of 3.80 = 0.38; net 4.43, tax 0.51, total 4.94.
    """
    sign(account, version_in_force(TWO_TAXES))
    serve(talk=61)
    for hour in (10, 11):
        serve(channel="chat", focus=100, started_at=datetime(2026, 6, 11, hour, tzinfo=UTC))
    actions.collect_pending(at=AT)
    return account


def sums_by_category(*documents: Invoice) -> dict[str, tuple[Decimal, Decimal]]:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for document in documents:
        for tax in document.taxes:
            base, amount = sums.get(tax["code"], (Decimal(0), Decimal(0)))
            sums[tax["code"]] = (base + Decimal(tax["base"]), amount + Decimal(tax["amount"]))
    return sums


def test_draft_is_issued_only_once_it_is_approved(june: Account) -> None:
    invoice = draft(june)
    with pytest.raises(Conflict, match="not approved"):
        actions.issue_invoice(invoice_id=invoice.pk, at=AT, actor_id=None)
    assert Invoice.objects.get().status == "draft"
    approved = actions.approve_invoice(invoice_id=invoice.pk, at=AT, actor_id=None)
    assert (approved.status, approved.approved_at) == ("approved", AT)
    assert actions.issue_invoice(invoice_id=invoice.pk, at=AT, actor_id=None).number == "INV-2026-00001"
    assert AuditEntry.objects.filter(action="invoice.approved", target_id=invoice.pk).count() == 1


def test_new_usage_makes_a_draft_of_what_was_approved(june: Account, serve: Serve) -> None:
    invoice = draft(june)
    actions.approve_invoice(invoice_id=invoice.pk, at=AT, actor_id=None)
    assert draft(june).status == "approved"
    serve(talk=10, started_at=datetime(2026, 6, 20, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    with pytest.raises(Conflict, match="out of date"):
        actions.issue_invoice(invoice_id=invoice.pk, at=AT, actor_id=None)
    rebuilt = draft(june)
    assert (rebuilt.pk, rebuilt.status, rebuilt.approved_at) == (invoice.pk, "draft", None)


def test_draft_is_not_approved_in_the_days_of_grace(june: Account) -> None:
    invoice = draft(june)
    Issuer.objects.update(grace_days=3)
    # in Madrid the third day after June ends at 22:00 UTC on 3 July
    late = datetime(2026, 7, 3, 22, tzinfo=UTC)
    with pytest.raises(Conflict, match="late usage for 3 days"):
        actions.approve_invoice(invoice_id=invoice.pk, at=late - timedelta(seconds=1), actor_id=None)
    assert actions.approve_invoice(invoice_id=invoice.pk, at=late, actor_id=None).status == "approved"


def test_full_credit_note_mirrors_every_line_and_cancels_every_category(june: Account) -> None:
    invoice = issue(june)
    note = credit(invoice, code="cancellation")
    assert (note.kind, note.number, note.corrects_id) == ("credit_note", "CN-2026-00001", invoice.pk)
    assert (note.net, note.tax, note.total) == (Decimal("-4.43"), Decimal("-0.51"), Decimal("-4.94"))
    mirrored = [(line.code, line.amount, line.credits.position) for line in note.lines.order_by("position")]
    assert mirrored == [("phone", Decimal("-1.13"), 1), ("rest", Decimal("-3.80"), 2), ("thanks", Decimal("0.50"), 3)]
    assert sums_by_category(invoice, note) == {"vat": (Decimal(0), Decimal(0)), "low": (Decimal(0), Decimal(0))}
    assert replay_hash(invoice=note) == note.content_hash


def test_partial_credit_notes_sum_to_zero_in_every_category_whatever_the_parts(june: Account) -> None:
    invoice = issue(june)
    notes = [credit(invoice, {1: "0.37"}), credit(invoice, {1: "0.38", 2: "1.90"}), credit(invoice, None)]
    # 21 % of 0.37 = 0.0777, so 0.08; of 0.75 = 0.1575, so 0.16, less 0.08; the rest of 0.13 is -0.03
    assert [[tax["amount"] for tax in note.taxes] for note in notes] == [
        ["-0.08"],
        ["-0.08", "-0.19"],
        ["0.03", "-0.19"],
    ]
    assert sums_by_category(invoice, *notes) == {"vat": (Decimal(0), Decimal(0)), "low": (Decimal(0), Decimal(0))}
    assert invoice.total + sum(note.total for note in notes) == 0
    assert [replay_hash(invoice=note) for note in notes] == [note.content_hash for note in notes]


@pytest.mark.parametrize(
    ("amounts", "cause"),
    [
        ({1: "1.14"}, "more would be taken back than is left of the line"),
        ({1: "-0.01"}, "more would be taken back"),
        ({3: "0.10"}, "more would be taken back"),
        ({9: "1.00"}, "no such line"),
        ({1: "0.001"}, "more than 2 digits"),
    ],
)
def test_more_than_a_line_charged_is_not_credited(june: Account, amounts: dict[int, str], cause: str) -> None:
    invoice = issue(june)
    with pytest.raises(Invalid, match=cause) as refused:
        credit(invoice, amounts)
    assert refused.value.field == "lines"
    assert Invoice.objects.count() == 1
    assert NumberSeries.objects.count() == 1


def test_nothing_is_credited_twice(june: Account) -> None:
    invoice = issue(june)
    credit(invoice)
    with pytest.raises(Conflict, match="nothing is left"):
        credit(invoice)
    with pytest.raises(Invalid, match="more would be taken back"):
        credit(invoice, {1: "0.01"})


def test_only_an_issued_invoice_is_credited(june: Account) -> None:
    with pytest.raises(Conflict, match="Only an issued invoice"):
        credit(draft(june))
    note = credit(issue(june))
    with pytest.raises(Conflict, match="Only an issued invoice"):
        credit(note)
    other = make_account()
    with open_account(other.pk), pytest.raises(NotFound):
        credit(note)


def test_credit_note_needs_a_reason_and_a_known_code(june: Account) -> None:
    invoice = issue(june)
    with pytest.raises(Invalid, match="not a reason"):
        credit(invoice, code="whim")
    with pytest.raises(Invalid, match="Say why"):
        actions.issue_credit_note(
            invoice_id=invoice.pk, amounts=None, reason_code="goodwill", reason=" ", at=AT, actor_id=None
        )
    with pytest.raises(Invalid, match="takes the whole invoice back"):
        credit(invoice, {1: "0.10"}, code="cancellation")
    assert Invoice.objects.count() == 1


def test_cancelled_period_is_billed_again_with_the_same_usage(june: Account) -> None:
    invoice = issue(june)
    with pytest.raises(Conflict, match="Cancel it before"):
        draft(june, again=True)
    credit(invoice, code="cancellation")
    assert draft(june).pk == invoice.pk
    assert [outcome.outcome for outcome in run()] == ["issued"]
    Account.objects.filter(pk=june.pk).update(legal_name="Green Clinic Group S.L.")
    again = draft(june, again=True)
    assert (again.revision, again.buyer["legal_name"]) == (2, "Green Clinic Group S.L.")
    issued = actions.issue_invoice(invoice_id=again.pk, at=AT, actor_id=None, approve=True)
    assert (issued.number, issued.total) == ("INV-2026-00002", invoice.total)
    assert InvoiceLineUsage.objects.count() == 6
    for document in Invoice.objects.all():
        assert replay_hash(invoice=document) == document.content_hash


def run() -> list[object]:
    return list(run_invoices(period="2026-06", accounts=Account.objects.all(), at=AT, issue=True, dry_run=False))


def test_documents_of_all_series_form_one_chain(june: Account) -> None:
    invoice = issue(june)
    note = credit(invoice)
    assert (invoice.chain_position, invoice.previous_hash) == (1, "")
    # worked by hand: SHA-256 of the link before, number, instant, due day and content, one a line
    text = f"\nINV-2026-00001\n2026-07-01T12:00:00+00:00\n2026-07-15\n{invoice.content_hash}"
    assert invoice.chain_hash == hashlib.sha256(text.encode()).hexdigest()
    assert (note.chain_position, note.previous_hash) == (2, invoice.chain_hash)
    assert (note.issued_at, note.due_on) == (AT + timedelta(days=1), date(2026, 7, 2))
    chain = DocumentChain.objects.get()
    assert (chain.length, chain.head) == (2, note.chain_hash)
    assert [replay_chain(invoice=document) for document in (invoice, note)] == [invoice.chain_hash, note.chain_hash]


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("UPDATE billing_invoice SET net = net + 1, total = total + 1", "does not add up"),
        ("UPDATE billing_invoiceline SET amount = amount + 0.01 WHERE position = 1", "does not add up"),
        ("""UPDATE billing_invoice SET taxes = jsonb_set(taxes, '{0,amount}', '"0.14"')""", "does not add up"),
        ("UPDATE billing_numberseries SET next_number = 7", "takes 7 where its series goes on with 2"),
        ("UPDATE billing_documentchain SET head = 'x', length = 4", None),
        ("UPDATE billing_invoice SET revision = 2", "is not cancelled"),
        ("UPDATE billing_invoicelineusage SET revision = 2", "contacts of another revision"),
    ],
)
def test_the_database_refuses_to_issue_what_does_not_add_up(june: Account, statement: str, refused: str | None) -> None:
    other = make_account(time_zone="UTC")
    sign(other, version_in_force(TWO_TAXES))
    first = issue(other)
    second = draft(june)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{statement} {'AND' if 'WHERE' in statement else 'WHERE'} {_of(statement, second)}")
    if refused is None:  # a chain that was tampered with goes on from where it says it is, and the proof shows it
        issued = actions.issue_invoice(invoice_id=second.pk, at=AT, actor_id=None, approve=True)
        assert issued.previous_hash != first.chain_hash
        return
    with pytest.raises(IntegrityError, match=refused), transaction.atomic():
        actions.issue_invoice(invoice_id=second.pk, at=AT, actor_id=None, approve=True)
    assert Invoice.objects.filter(status="issued").count() == 1


def _of(statement: str, invoice: Invoice) -> str:
    table = statement.split()[1].removeprefix("billing_")
    return {
        "invoice": f"id = {invoice.pk}",
        "invoiceline": f"invoice_id = {invoice.pk}",
        "invoicelineusage": f"line_id IN (SELECT id FROM billing_invoiceline WHERE invoice_id = {invoice.pk})",
    }.get(table, "true")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_invoice SET reason = 'x' WHERE kind = 'credit_note'",
        "DELETE FROM billing_invoice WHERE kind = 'credit_note'",
        "UPDATE billing_invoiceline SET amount = 0 WHERE credits_id IS NOT NULL",
    ],
)
def test_the_database_refuses_to_change_a_credit_note(june: Account, statement: str) -> None:
    note = credit(issue(june))
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert replay_hash(invoice=Invoice.objects.get(pk=note.pk)) == note.content_hash


def test_the_database_refuses_a_credit_beyond_the_line(june: Account) -> None:
    invoice = issue(june)
    line = InvoiceLine.objects.get(invoice=invoice, position=1)
    note = Invoice.objects.get(pk=credit(invoice, {1: "1.00"}).pk)
    copy = {
        field.attname: getattr(note, field.attname) for field in Invoice._meta.concrete_fields if field.name != "id"
    }
    chain, series = DocumentChain.objects.get(), note.series
    assert series is not None
    forged = Invoice(
        **copy
        | {"status": "draft", "number": None, "issued_at": None, "approved_at": None}
        | {"sequence": None, "chain_position": None}
    )
    forged.save()
    InvoiceLine.objects.create(
        account=june, invoice=forged, position=1, kind="usage", code="phone", name="Phone", tax_code="vat",
        amount=Decimal("-1.00"), explanation={}, credits=line,
    )  # fmt: skip
    forged.status, forged.number, forged.issued_at, forged.approved_at = "issued", "CN-2026-00002", AT, AT
    forged.sequence, forged.chain_position, forged.previous_hash = 2, 3, chain.head
    with pytest.raises(IntegrityError, match="takes back more of line"), transaction.atomic():
        forged.save()


def test_invoice_of_nothing_is_cancelled_once_and_its_period_billed_again(account: Account, serve: Serve) -> None:
    # a call of 30 s within the minute that is included: 0.00
    sign(account, version_in_force())
    serve(talk=30)
    actions.collect_pending(at=AT)
    invoice = issue(account)
    assert (invoice.total, invoice.lines.count()) == (Decimal(0), 2)
    with pytest.raises(Conflict, match="nothing is left"):
        credit(invoice)
    note = credit(invoice, code="cancellation")
    assert (note.total, note.taxes) == (Decimal(0), invoice.taxes)
    assert [(line.code, line.amount, line.credits.position) for line in note.lines.order_by("position")] == [
        ("phone", 0, 1),
        ("rest", 0, 2),
    ]
    assert replay_hash(invoice=note) == note.content_hash
    assert replay_document(text=replay_file(invoice=note)).is_equal
    with pytest.raises(Conflict, match="nothing is left"):
        credit(invoice, code="cancellation")
    assert (draft(account, again=True).revision, Invoice.objects.count()) == (2, 3)


def test_invoice_that_was_credited_in_parts_can_still_be_cancelled(june: Account) -> None:
    invoice = issue(june)
    credit(invoice)
    note = credit(invoice, code="cancellation")
    assert (note.total, note.lines.count()) == (Decimal(0), 3)
    assert sums_by_category(note) == {"vat": (Decimal(0), Decimal(0)), "low": (Decimal(0), Decimal(0))}
    assert replay_hash(invoice=note) == note.content_hash
    assert draft(june, again=True).total == invoice.total
