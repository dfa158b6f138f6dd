"""The PDF: what it prints in each language, taken from the texts given to typst; and that typst sets it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing import actions
from billing.documents.invoice import invoice_filename, invoice_pdf, invoice_texts
from billing.models import Invoice, Issuer
from contactcenter.tenancy.models import Account
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, sign, version_in_force

Serve = Callable[..., Interaction]


@pytest.fixture
def invoice(account: Account, serve: Serve) -> Invoice:
    sign(account, version_in_force())
    serve(talk=70, hold=15, wrap=20)
    serve(channel="chat", focus=100, started_at=datetime(2026, 6, 30, 21, 59, 59, tzinfo=UTC))
    actions.collect_pending(at=AT)
    return actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None).invoice


@pytest.mark.parametrize(
    ("language", "phone", "used", "rate", "total"),
    [
        ("en", "Phone", "2:00\u00a0min", "€1.00\u00a0/ min", "€3.51"),
        ("ru", "Телефон", "2:00\u00a0мин", "1,00\u00a0€\u00a0/ мин", "3,51\u00a0€"),
        ("es", "Teléfono", "2:00\u00a0min", "1,00\u00a0€\u00a0/ min", "3,51\u00a0€"),
    ],
)
def test_invoice_is_written_in_the_clients_language(
    account: Account, invoice: Invoice, language: str, phone: str, used: str, rate: str, total: str
) -> None:
    # 1.00 for the phone, 1.90 for the chat: 2.90 and 21 % of it, 0.609, so 0.61
    Account.objects.filter(pk=account.pk).update(language=language)
    rebuilt = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None).invoice
    texts = invoice_texts(invoice=rebuilt)
    assert (texts["lines"][0]["name"], texts["lines"][0]["used"], texts["lines"][0]["rate"]) == (phone, used, rate)
    assert texts["total"] == total
    pdf = invoice_pdf(invoice=rebuilt)
    assert pdf.startswith(b"%PDF-")
    assert b"Libertinus" in pdf


def test_appendix_lists_every_contact_in_the_accounts_time_zone(invoice: Invoice) -> None:
    phone, chats = invoice_texts(invoice=invoice)["appendix"]
    (call,) = phone["rows"]
    assert call[0] == "2026-06-10 11:00:00"
    assert call[4:] == ["85", "120", "60", "60", "€1.00"]
    assert phone["sums"] == ["85", "120", "60", "60"]
    assert [row[0] for row in chats["rows"]] == ["2026-06-30 23:59:59"]


def test_text_of_people_is_printed_and_never_run(account: Account, invoice: Invoice) -> None:
    Account.objects.filter(pk=account.pk).update(
        legal_name='#panic("boom") $x$ *bold* \\', legal_address='#include "x"'
    )
    rebuilt = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None).invoice
    assert invoice_pdf(invoice=rebuilt).startswith(b"%PDF-")


def test_file_is_named_by_the_number_or_the_drafts_period(invoice: Invoice) -> None:
    assert invoice_filename(invoice=invoice) == "draft-2026-06.pdf"
    Issuer.objects.update(number_prefix="№/")
    issued = actions.issue_invoice(invoice_id=invoice.pk, at=AT, actor_id=None, approve=True)
    assert issued.number == "№/2026-00001"
    assert invoice_filename(invoice=issued) == "__2026-00001.pdf"


def test_long_appendix_is_cut_and_says_so(invoice: Invoice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.documents.invoice.MOST_CONTACTS", 0)
    phone = invoice_texts(invoice=invoice)["appendix"][0]
    assert phone["cut"] == "The first 0 of 1 contacts; the portal lists all of them."
    assert invoice.total == Decimal("3.51")


def test_fees_a_true_up_and_a_part_of_a_month_are_told_on_their_lines(account: Account, serve: Serve) -> None:
    document = {
        "name": "Plan",
        "currency": "EUR",
        "components": [
            {"code": "monthly", "kind": "recurring", "amount": "100"},
            {"code": "phone", "kind": "per_minute", "rate_per_minute": "1", "basis": ["talk", "wrap"]},
            {"code": "least", "kind": "minimum", "amount": "300"},
        ],
    }
    sign(account, version_in_force(document), since=date(2026, 6, 16))
    serve(talk=60, started_at=datetime(2026, 6, 16, 9, tzinfo=UTC))
    actions.collect_pending(at=AT)
    built = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None)
    monthly, phone, least = invoice_texts(invoice=built.invoice)["lines"]
    assert (monthly["detail"], monthly["used"], monthly["amount"]) == ("15 of 30 days", "", "€50.00")
    assert phone["detail"] == "Contacts: 1 · talk + wrap-up · to the second, not rounded up"
    assert least["detail"] == "Commitment €300.00, used €1.00 · 15 of 30 days"
    assert least["amount"] == "€149.00"
    assert invoice_pdf(invoice=built.invoice).startswith(b"%PDF-")
