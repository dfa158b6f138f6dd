"""Documents as e-invoices, held against the official schemas and the rules of EN 16931; files, replay, workbook."""

import csv
import io
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from facturx import get_xml_from_pdf
from lxml import etree
from openpyxl import load_workbook
from pypdf import PdfReader

from billing import actions
from billing.documents.einvoice import NoEInvoice, invoice_cii, invoice_facts, invoice_ubl
from billing.documents.facturx import invoice_facturx
from billing.documents.invoice import invoice_pdf
from billing.documents.workbook import invoice_xlsx
from billing.models import BillingProfile, Invoice, Issuer
from billing.replay import replay_file
from billing.runs import run_invoices
from contactcenter.dashboards.demo.load import load_demo
from contactcenter.tenancy.models import Account, Role
from contactcenter.tickets.models import Interaction
from tests.app.billing.rows import AT, handle, sign, version_in_force
from tests.app.factories import make_account, make_operator, make_user
from tests.einvoice_rules import broken_rules, schema_errors

CASES = Path(os.environ.get("CASES_DIR", "../shared/cases")) / "invoices"
Serve = Callable[..., Interaction]
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"

COMPONENTS: list[dict[str, Any]] = [
    {"code": "set_up", "kind": "set_up", "amount": "150.00"},
    {"code": "monthly", "kind": "recurring", "name": {"en": "Fee & more <1>", "es": "Cuota"}, "amount": "90.00"},
    {
        "code": "phone",
        "kind": "per_minute",
        "match": {"channel": "voice"},
        "basis": "talk_hold",
        "rounding": "none",
        "rate_per_minute": "0.8855",
        "included_minutes": "1",
    },
    {"code": "rest", "kind": "per_contact", "rate_per_contact": "1.905"},
    {"code": "thanks", "kind": "credit", "amount": "5.00"},
]
LEAST = {"code": "least", "kind": "minimum", "amount": "400.00"}
# what a tariff can say of tax: a name, its categories, the category of each component
KINDS: dict[str, tuple[list[dict[str, str]], dict[str, str]]] = {
    "standard": ([{"code": "vat", "percent": "21"}], {}),
    "two rates": (
        [{"code": "vat", "percent": "21"}, {"code": "low", "percent": "10"}],
        {"rest": "low", "thanks": "low"},
    ),
    "two codes of one rate": ([{"code": "a", "percent": "21"}, {"code": "b", "percent": "21"}], {"rest": "b"}),
    "zero": ([{"code": "zero", "percent": "0", "category": "Z"}], {}),
    "exempt": ([{"code": "exempt", "percent": "0", "category": "E"}], {}),
    "exempt and standard": (
        [{"code": "exempt", "percent": "0", "category": "E"}, {"code": "vat", "percent": "21"}],
        {"rest": "vat"},
    ),
    "reverse charge": ([{"code": "reverse", "percent": "0", "category": "AE"}], {}),
    "intra-community": ([{"code": "intra", "percent": "0", "category": "K"}], {}),
    "export": ([{"code": "export", "percent": "0", "category": "G"}], {}),
    "not subject": ([{"code": "none", "percent": "0", "category": "O"}], {}),
}


@pytest.fixture(autouse=True)
def parties(account: Account) -> None:
    Issuer.objects.create(
        legal_name="Polyglot OÜ",
        legal_address="Näidise 1",
        city="Tallinn",
        postcode="10111",
        country="EE",
        tax_id="EE100000000",
        email="billing@polyglot.example",
        bank_account="EE38 2200 2210 2014 5685",
    )
    Account.objects.filter(pk=account.pk).update(
        tax_id="ESB12345678", legal_address="Calle 7", billing_email="a@clinic.example"
    )
    BillingProfile.objects.create(account=account, country="ES", city="Madrid", postcode="28001", reference="PO 7")


def bill(account: Account, serve: Serve, kind: str, *extra: dict[str, Any]) -> Invoice:
    taxes, tax_of = KINDS[kind]
    components = [{**part, "tax": tax_of.get(part["code"], taxes[0]["code"])} for part in (*COMPONENTS, *extra)]
    document = {"name": kind, "currency": "EUR", "taxes": taxes, "components": components}
    sign(account, version_in_force(document), since=date(2026, 6, 1))
    serve(talk=70, hold=15, wrap=20)
    serve(talk=31, started_at=datetime(2026, 6, 20, 9, tzinfo=UTC))
    for hour in (10, 11, 12):
        serve(channel="chat", focus=100, open=50, started_at=datetime(2026, 6, 11, hour, tzinfo=UTC))
    actions.collect_pending(at=AT)
    draft = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None).invoice
    return actions.issue_invoice(invoice_id=draft.pk, at=AT, actor_id=None, approve=True)


def credit(invoice: Invoice, amounts: dict[int, Decimal] | None) -> Invoice:
    return actions.issue_credit_note(
        invoice_id=invoice.pk, amounts=amounts, reason_code="goodwill", reason="Agreed & noted", at=AT, actor_id=None
    )


@pytest.mark.parametrize("kind", KINDS)
def test_invoice_and_credit_notes_of_every_tax_category_keep_all_rules(
    account: Account, serve: Serve, kind: str
) -> None:
    invoice = bill(account, serve, kind, LEAST)
    part = credit(invoice, {3: Decimal("0.50"), 4: Decimal("1.11")})
    rest = credit(invoice, None)
    for document in (invoice, part, rest):
        for xml in (invoice_ubl(invoice=document), invoice_cii(invoice=document)):
            assert schema_errors(xml) == []
            assert broken_rules(xml) == {"fatal": [], "warning": []}


def test_invoice_of_nothing_and_its_cancellation_keep_all_rules(account: Account) -> None:
    rest = {"code": "rest", "kind": "per_contact", "rate_per_contact": "1.90"}
    taxes = [{"code": "vat", "percent": "21"}]
    sign(account, version_in_force({"name": "Nothing", "currency": "EUR", "taxes": taxes, "components": [rest]}))
    draft = actions.build_draft(account_id=account.pk, period="2026-06", at=AT, actor_id=None).invoice
    invoice = actions.issue_invoice(invoice_id=draft.pk, at=AT, actor_id=None, approve=True)
    note = actions.issue_credit_note(
        invoice_id=invoice.pk, amounts=None, reason_code="cancellation", reason="Wrong name", at=AT, actor_id=None
    )
    assert (invoice.total, note.total) == (Decimal(0), Decimal(0))
    for document in (invoice, note):
        for xml in (invoice_ubl(invoice=document), invoice_cii(invoice=document)):
            assert schema_errors(xml) == []
            assert broken_rules(xml) == {"fatal": [], "warning": []}


def test_judges_tell_fatal_faults_and_a_wrong_schema(account: Account, serve: Serve) -> None:
    xml = invoice_ubl(invoice=bill(account, serve, "standard"))
    assert "[BR-CO-15]" in " ".join(broken_rules(xml.replace(b"TaxExclusiveAmount currencyID=\"EUR\">", b"TaxExclusiveAmount currencyID=\"EUR\">1"))["fatal"])  # fmt: skip # noqa: E501
    assert schema_errors(xml.replace(b"IssueDate", b"IssuedDate")) != []
    cii = invoice_cii(invoice=Invoice.objects.get())
    assert broken_rules(cii.replace(b"<ram:GrandTotalAmount>", b"<ram:GrandTotalAmount>1"))["fatal"] != []


def test_time_is_written_in_seconds_with_the_price_of_sixty(account: Account, serve: Serve) -> None:
    # 85 s and 31 s less the included minute: 56 s at 0.8855 a minute = 0.82646..., so 0.83
    facts = invoice_facts(invoice=bill(account, serve, "standard"))
    phone = next(line for line in facts.lines if line.unit == "SEC")
    assert (phone.quantity, phone.base_quantity, phone.price) == (Decimal(56), Decimal(60), Decimal("0.8855"))
    assert (
        phone.amount
        == Decimal("0.83")
        == (phone.quantity * phone.price / phone.base_quantity).quantize(Decimal("0.01"))
    )


def test_price_times_quantity_holds_on_every_line(account: Account, serve: Serve) -> None:
    invoice = bill(account, serve, "two rates", LEAST)
    for document in (invoice, credit(invoice, None)):
        for line in invoice_facts(invoice=document).lines:
            product = line.price * line.quantity / line.base_quantity
            assert abs(product - line.amount) <= Decimal("0.005"), line
            assert line.price >= 0


def test_credit_note_is_a_document_type_of_its_own_and_names_its_invoice(account: Account, serve: Serve) -> None:
    invoice = bill(account, serve, "standard")
    note = credit(invoice, None)
    ubl = etree.fromstring(invoice_ubl(invoice=note))
    assert etree.QName(ubl).localname == "CreditNote"
    assert ubl.findtext(f"{CBC}CreditNoteTypeCode") == "381"
    assert [element.text for element in ubl.iter(f"{CBC}ID")][:2] == ["CN-2026-00001", "INV-2026-00001"]
    payable = next(ubl.iter(f"{CBC}PayableAmount"))
    assert Decimal(payable.text) == invoice.total == -note.total


def test_what_the_norm_would_refuse_is_named_by_its_field(account: Account, serve: Serve) -> None:
    Issuer.objects.update(country="", tax_id="")
    BillingProfile.objects.update(country="")
    Account.objects.update(tax_id="7700000000")
    invoice = bill(account, serve, "standard")
    with pytest.raises(NoEInvoice) as refused:
        invoice_ubl(invoice=invoice)
    assert [problem.split(":")[0] for problem in refused.value.data["problems"]] == [
        "seller.country",
        "buyer.country",
        "seller.tax_id",
    ]
    assert invoice_pdf(invoice=invoice).startswith(b"%PDF")


def test_currency_without_cents_is_written_and_one_with_mills_is_refused(account: Account, serve: Serve) -> None:
    for currency, refused in (("JPY", False), ("KWD", True)):
        other = make_account(time_zone="UTC", currency=currency, tax_id="ESB12345678")
        document = {
            "name": currency,
            "currency": currency,
            "taxes": [{"code": "vat", "percent": "10"}],
            "components": [{"code": "fee", "kind": "recurring", "amount": "1234.567"}],
        }
        sign(other, version_in_force(document))
        draft = actions.build_draft(account_id=other.pk, period="2026-06", at=AT, actor_id=None).invoice
        invoice = actions.issue_invoice(invoice_id=draft.pk, at=AT, actor_id=None, approve=True)
        if refused:
            with pytest.raises(NoEInvoice, match="more than two digits"):
                invoice_cii(invoice=invoice)
        else:
            assert broken_rules(invoice_cii(invoice=invoice)) == {"fatal": [], "warning": []}


def test_facturx_is_a_pdf_a3_that_carries_the_same_cii(account: Account, serve: Serve) -> None:
    invoice = bill(account, serve, "standard")
    for document in (invoice, credit(invoice, None)):
        made = invoice_facturx(invoice=document)
        name, xml = get_xml_from_pdf(made, check_xsd=True, check_schematron=False)
        assert name == "factur-x.xml"
        assert etree.tostring(etree.fromstring(xml), method="c14n") == etree.tostring(
            etree.fromstring(invoice_cii(invoice=document)), method="c14n"
        )
        catalog = PdfReader(io.BytesIO(made)).trailer["/Root"]
        assert len(catalog["/OutputIntents"]) == 1
        assert catalog["/AF"][0].get_object()["/AFRelationship"] == "/Alternative"
        metadata = catalog["/Metadata"].get_object().get_data()
        assert b"<pdfaid:part>3</pdfaid:part>" in metadata
        assert b"<pdfaid:conformance>B</pdfaid:conformance>" in metadata
        assert b"EN 16931" in metadata


def test_pdf_of_an_issued_document_is_the_same_whenever_it_is_set(account: Account, serve: Serve) -> None:
    invoice = bill(account, serve, "standard")
    note = credit(invoice, {1: Decimal("10.00")})
    assert invoice_pdf(invoice=invoice) == invoice_pdf(invoice=Invoice.objects.get(pk=invoice.pk))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(invoice_pdf(invoice=note))).pages)
    # 21 % of 10.00
    for printed in ("Credit note", "CN-2026-00001", "Corrects invoice", "INV-2026-00001", "€10.00", "€12.10", "noted"):
        assert printed in text, printed
    assert "\u2212" not in text


def test_workbook_holds_lines_and_contacts_and_no_formula(account: Account, serve: Serve) -> None:
    invoice = bill(account, serve, "standard")
    lines, contacts = load_workbook(io.BytesIO(invoice_xlsx(invoice=invoice))).worksheets
    rows = [[cell.value for cell in row] for row in lines.iter_rows(min_row=2)]
    assert [Decimal(str(row[3])) for row in rows[-3:]] == [invoice.net, invoice.tax, invoice.total]
    assert sum(Decimal(str(row[3])) for row in rows[:-3]) == invoice.net
    assert contacts.max_row == 1 + 5
    assert {cell.data_type for row in contacts.iter_rows() for cell in row} <= {"s", "n"}


def test_replay_file_gives_the_same_hash_by_the_pure_command(
    account: Account, serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoice = bill(account, serve, "two rates", LEAST)
    part = credit(invoice, {3: Decimal("0.50")})
    rest = credit(invoice, None)
    for document in (invoice, part, rest):
        path = tmp_path / f"{document.number}.json"
        path.write_text(replay_file(invoice=document))
        call_command("rate", "--replay", str(path))
        *records, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert last == {
            "record": "hash",
            "stated": document.content_hash,
            "computed": document.content_hash,
            "equal": True,
        }
        if document == invoice:
            total = next(record for record in records if record["record"] == "total")
            assert Decimal(total["total"]) == invoice.total


def test_tampered_replay_file_differs_and_a_broken_one_is_named(
    account: Account, serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    invoice = bill(account, serve, "standard")
    path = tmp_path / "replay.json"
    path.write_text(replay_file(invoice=invoice).replace('"talk_ms": 70000', '"talk_ms": 70001'))
    with pytest.raises(SystemExit) as end:
        call_command("rate", "--replay", str(path))
    assert end.value.code == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["equal"] is False
    for text, cause in (("x", "is not JSON"), ("{}", "is not a replay file"), ('{"format": "contactcenter-replay-1"}', "kind: is missing")):  # fmt: skip # noqa: E501
        path.write_text(text)
        with pytest.raises(CommandError, match=cause) as refused:
            call_command("rate", "--replay", str(path))
        assert refused.value.returncode == 2


@pytest.mark.parametrize(
    ("kind", "content_type", "ending"),
    [
        ("ubl", "application/xml", ".ubl.xml"),
        ("cii", "application/xml", ".cii.xml"),
        ("facturx", "application/pdf", ".facturx.pdf"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
        ("replay", "application/json", ".replay.json"),
    ],
)
def test_client_downloads_each_kind_of_file(
    account: Account, serve: Serve, kind: str, content_type: str, ending: str
) -> None:
    invoice = bill(account, serve, "standard")
    client = Client()
    client.force_login(make_user(Role.CLIENT_VIEWER, account))
    answer = client.get(f"/api/v1/invoices/{invoice.pk}/files/{kind}/")
    assert (answer.status_code, answer["Content-Type"]) == (200, content_type)
    assert answer["Content-Disposition"].endswith(f'INV-2026-00001{ending}"')
    assert client.get(f"/api/v1/invoices/{invoice.pk}/files/doc/").status_code == 404
    stranger = Client()
    stranger.force_login(make_user(Role.CLIENT_ADMIN, make_account()))
    assert stranger.get(f"/api/v1/invoices/{invoice.pk}/files/{kind}/").status_code == 404


def test_csv_of_the_portal_sums_to_the_net_of_a_credit_note(account: Account, serve: Serve) -> None:
    note = credit(bill(account, serve, "standard"), {1: Decimal("10.00"), 3: Decimal("0.20")})
    client = Client()
    client.force_login(make_user(Role.CLIENT_VIEWER, account))
    answer = client.get(f"/api/v1/portal/invoices/{note.pk}/export/")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert sum(Decimal(row["amount"]) for row in rows) == note.net == Decimal("-10.20")


@pytest.mark.skipif(not CASES.is_dir(), reason="CASES_DIR has no EN 16931 examples")
def test_judges_find_no_fatal_fault_in_the_examples_of_the_norm() -> None:
    for path in sorted(CASES.glob("*.xml")):
        assert broken_rules(path.read_bytes())["fatal"] == [], path.name


def test_profile_and_issuer_are_changed_by_billing_people(account: Account) -> None:
    client = Client()
    client.force_login(make_user(Role.BILLING_ADMIN))
    address = f"/api/v1/accounts/{account.pk}/billing-profile/"
    answer = client.patch(address, {"reference": "PO 8"}, content_type="application/json")
    assert (answer.status_code, answer.json()["reference"], answer.json()["country"]) == (200, "PO 8", "ES")
    assert client.patch(address, {"country": "Spain"}, content_type="application/json").status_code == 400
    same = client.patch("/api/v1/issuer/", {"credit_prefix": "INV-"}, content_type="application/json")
    assert (same.status_code, same.json()["error"]["field"] if "error" in same.json() else same.json()["field"]) == (
        400,
        "credit_prefix",
    )
    assert client.patch("/api/v1/issuer/", {"grace_days": 5}, content_type="application/json").json()["grace_days"] == 5


def test_every_document_that_the_demo_makes_keeps_all_rules() -> None:
    Issuer.objects.all().delete()
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)
    load_demo(accounts=3, operators=6, at=at)
    accounts = list(Account.objects.exclude(slug__startswith="account-").order_by("pk"))
    for account in accounts:
        operator = make_operator(account)
        for hour, channel in enumerate(("voice", "chat", "email", "voice")):
            start = datetime(2026, 6, 10, 9 + hour, tzinfo=UTC)
            handle(account=account, operator=operator, started_at=start, channel=channel, talk=95, focus=61, wrap=20)
    outcomes = list(run_invoices(period="2026-06", accounts=accounts, at=at, issue=True, dry_run=False))
    assert [(outcome.outcome, outcome.reason) for outcome in outcomes] == [("issued", "")] * 3
    for invoice in list(Invoice.objects.all()):
        first = invoice.lines.filter(amount__gt=0).order_by("position").first()
        assert first is not None
        part = credit(invoice, {first.position: Decimal("1.00")})
        for document in (invoice, part, credit(invoice, None)):
            for xml in (invoice_ubl(invoice=document), invoice_cii(invoice=document)):
                assert schema_errors(xml) == []
                assert broken_rules(xml)["fatal"] == []
