"""Payments from files: CSV and CAMT.053; hostile XML; numbers in references. Expected values are read off the files."""

from datetime import date
from decimal import Decimal

import pytest

from billing.bank_files import BankFileError, numbers_in, read_camt, read_csv

CSV = """Date;Amount;Currency;Reference;Payer;Id
2026-07-20;121.50;EUR;INV-2026-00001;Clinic;T1
2026-07-21;-5.00;EUR;fee;Bank;T2
2026-07-22;x;EUR;;;T3
21.07.2026;1.00;EUR;;;T4
2026-07-23;10.00;EUR;same;A;
2026-07-23;10.00;EUR;same;A;
"""
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><IBAN>EE382200221020145685</IBAN></Id></Acct>
<Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">300.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
  <BookgDt><Dt>2026-07-20</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls>
  <TxDtls><Refs><TxId>X1</TxId></Refs><Amt Ccy="EUR">100.00</Amt>
    <RltdPties><Dbtr><Pty><Nm>Clinic</Nm></Pty></Dbtr></RltdPties>
    <RmtInf><Ustrd>Invoice inv 2026/00001</Ustrd></RmtInf></TxDtls>
  <TxDtls><Refs><TxId>X2</TxId></Refs><Amt Ccy="EUR">200.00</Amt><RltdPties><Dbtr><Nm>Shop</Nm></Dbtr></RltdPties>
    <RmtInf><Strd><CdtrRefInf><Ref>INV-2026-00002</Ref></CdtrRefInf></Strd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><NtryRef>2</NtryRef><Amt Ccy="EUR">7.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>
  <BookgDt><Dt>2026-07-20</Dt></BookgDt></Ntry>
<Ntry><NtryRef>3</NtryRef><Amt Ccy="EUR">8.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><RvslInd>true</RvslInd><Sts>BOOK</Sts>
  <BookgDt><Dt>2026-07-20</Dt></BookgDt></Ntry>
<Ntry><NtryRef>4</NtryRef><Amt Ccy="EUR">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts>
  <BookgDt><Dt>2026-07-20</Dt></BookgDt></Ntry>
<Ntry><NtryRef>5</NtryRef><Amt Ccy="EUR">10.25</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
  <BookgDt><DtTm>2026-07-21T08:00:00</DtTm></BookgDt><AddtlNtryInf>cash</AddtlNtryInf></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""
ENTITY = """<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><a>&x;</a></Document>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><a>&b;</a></Document>"""


def test_csv_gives_payments_and_names_every_row_it_skips() -> None:
    read = read_csv(text="\ufeff" + CSV)
    assert [(payment.paid_on, payment.amount, payment.reference) for payment in read.payments] == [
        (date(2026, 7, 20), Decimal("121.50"), "INV-2026-00001"),
        (date(2026, 7, 23), Decimal("10.00"), "same"),
        (date(2026, 7, 23), Decimal("10.00"), "same"),
    ]
    assert [skipped.partition(":")[0] for skipped in read.skipped] == ["line 3", "line 4", "line 5"]
    # two equal rows without an id are two payments, and the same two when the file is read again
    assert len({payment.external_id for payment in read.payments}) == 3
    assert read_csv(text=CSV).payments == read.payments


def test_csv_without_its_columns_is_refused() -> None:
    with pytest.raises(BankFileError, match="lacks currency"):
        read_csv(text="date,amount\n2026-07-20,1.00\n")


def test_camt_gives_one_payment_a_transaction_and_skips_what_is_none() -> None:
    read = read_camt(content=CAMT.encode())
    assert [(payment.amount, payment.payer, payment.reference) for payment in read.payments] == [
        (Decimal("100.00"), "Clinic", "Invoice inv 2026/00001"),
        (Decimal("200.00"), "Shop", "INV-2026-00002"),
        (Decimal("10.25"), "", ""),
    ]
    assert read.payments[2].paid_on == date(2026, 7, 21)
    assert read.skipped == (
        "entry 2: money that went out",
        "entry 3: a reversal",
        "entry 4: not booked yet (PDNG)",
    )
    assert read_camt(content=CAMT.encode()) == read


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (ENTITY, "document type"),
        (BOMB, "document type"),
        ("<x/>", "no CAMT.053"),
        ("<x", "not XML"),
        ("", "not XML"),
    ],
)
def test_hostile_and_foreign_xml_is_refused(content: str, cause: str) -> None:
    with pytest.raises(BankFileError, match=cause):
        read_camt(content=content.encode())


@pytest.mark.parametrize(
    ("reference", "numbers"),
    [
        ("INV-2026-00017", ["INV-2026-00017"]),
        ("inv 2026 / 00017 and INV202600018", ["INV-2026-00017", "INV-2026-00018"]),
        ("INV-2026-000171", ["INV-2026-000171"]),
        ("MYINV-2026-00017", []),
        ("CN-2026-00001, thanks", []),
        ("INV-2026-0001", []),
    ],
)
def test_numbers_are_found_however_they_are_written(reference: str, numbers: list[str]) -> None:
    assert numbers_in(reference=reference, prefixes=["INV-"]) == numbers
