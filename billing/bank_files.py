"""Payments from files of the bank: CSV with a header, and CAMT.053 (ISO 20022). Pure; nothing is guessed.

XML is read without entities, network and document types: a file from outside runs and fetches nothing.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree

COLUMNS = ("date", "amount", "currency", "reference", "payer", "id")
NEEDED = ("date", "amount", "currency")
MOST_ROWS = 100_000


class BankFileError(ValueError):
    """The file cannot be read as a whole; the message says why."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Money that came in. `external_id` is the same whenever the same entry is read again."""

    external_id: str
    paid_on: date
    amount: Decimal
    currency: str
    payer: str
    reference: str


@dataclass(frozen=True, slots=True)
class BankFile:
    """What a file holds: payments, and the entries that are none with the reason (outgoing, reversed, unreadable)."""

    payments: tuple[Incoming, ...]
    skipped: tuple[str, ...]


def read_csv(*, text: str) -> BankFile:
    """Read a CSV file with the columns date (YYYY-MM-DD), amount, currency, and if there: reference, payer, id."""
    lines = text.lstrip("\ufeff")
    delimiter = ";" if lines.partition("\n")[0].count(";") > lines.partition("\n")[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(lines), delimiter=delimiter)
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise BankFileError(f"the header lacks {', '.join(missing)}; known columns are {', '.join(COLUMNS)}")
    reader.fieldnames = names
    found: list[Incoming] = []
    skipped: list[str] = []
    seen: dict[str, int] = {}
    for row in reader:
        where = f"line {reader.line_num}"
        if len(found) + len(skipped) >= MOST_ROWS:
            raise BankFileError(f"the file has more than {MOST_ROWS} rows")
        values = {name: (row.get(name) or "").strip() for name in COLUMNS}
        problem = _add(found, values, seen=seen)
        if problem:
            skipped.append(f"{where}: {problem}")
    return BankFile(payments=tuple(found), skipped=tuple(skipped))


def read_camt(*, content: bytes) -> BankFile:
    """Read a CAMT.053 statement of any version: booked credits, one payment a transaction."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise BankFileError(f"is not XML: {error.msg}") from error
    if root.getroottree().docinfo.doctype:
        raise BankFileError("has a document type, which no statement has")
    space = etree.QName(root).namespace or ""
    if "camt.053" not in space:
        raise BankFileError("is no CAMT.053 statement")
    found: list[Incoming] = []
    skipped: list[str] = []
    seen: dict[str, int] = {}
    names = {"c": space}
    for statement in root.iterfind(".//c:Stmt", names):
        account = _text(statement, "c:Acct/c:Id//c:IBAN", names) or _text(statement, "c:Acct/c:Id//c:Id", names)
        for entry in statement.iterfind("c:Ntry", names):
            where = f"entry {_text(entry, 'c:NtryRef', names) or len(found) + len(skipped) + 1}"
            if len(found) + len(skipped) >= MOST_ROWS:
                raise BankFileError(f"the file has more than {MOST_ROWS} entries")
            for reason in _why_skipped(entry, names):
                skipped.append(f"{where}: {reason}")
                break
            else:
                for values in _transactions(entry, names, account=account):
                    problem = _add(found, values, seen=seen)
                    if problem:
                        skipped.append(f"{where}: {problem}")
    return BankFile(payments=tuple(found), skipped=tuple(skipped))


def _why_skipped(entry: etree._Element, names: Mapping[str, str]) -> Iterator[str]:
    if _text(entry, "c:CdtDbtInd", names) != "CRDT":
        yield "money that went out"
    if _text(entry, "c:RvslInd", names) == "true":
        yield "a reversal"
    status = _text(entry, "c:Sts/c:Cd", names) or _text(entry, "c:Sts", names)
    if status not in ("", "BOOK"):
        yield f"not booked yet ({status})"


def _transactions(entry: etree._Element, names: Mapping[str, str], *, account: str) -> Iterator[dict[str, str]]:
    booked = _text(entry, "c:BookgDt/c:Dt", names) or _text(entry, "c:BookgDt/c:DtTm", names)[:10]
    entry_id = _text(entry, "c:AcctSvcrRef", names) or _text(entry, "c:NtryRef", names)
    details = entry.findall("c:NtryDtls/c:TxDtls", names) or [entry]
    for detail in details:
        amount = detail.find("c:Amt", names)
        if amount is None:
            amount = detail.find("c:AmtDtls/c:TxAmt/c:Amt", names)
        if amount is None and len(details) == 1:
            amount = entry.find("c:Amt", names)
        references = [
            *detail.iterfind(".//c:RmtInf//c:Ref", names),
            *detail.iterfind(".//c:RmtInf/c:Ustrd", names),
            *detail.iterfind("c:Refs/c:EndToEndId", names),
        ]
        payer = detail.find(".//c:RltdPties/c:Dbtr//c:Nm", names)
        own_id = _text(detail, "c:Refs/c:TxId", names) or _text(detail, "c:Refs/c:AcctSvcrRef", names)
        yield {
            "date": booked or _text(entry, "c:ValDt/c:Dt", names),
            "amount": (amount.text or "") if amount is not None else "",
            "currency": (amount.get("Ccy") or "") if amount is not None else "",
            "reference": " ".join(dict.fromkeys((node.text or "").strip() for node in references)),
            "payer": (payer.text or "").strip() if payer is not None else "",
            "id": " ".join(part for part in (account, entry_id, own_id) if part) if entry_id or own_id else "",
        }


def _add(found: list[Incoming], values: Mapping[str, str], *, seen: dict[str, int]) -> str:
    """Add a payment; return what is wrong with it otherwise."""
    try:
        paid_on = date.fromisoformat(values["date"][:10])
    except ValueError:
        return f"date: {values['date']!r} is not written YYYY-MM-DD"
    try:
        amount = Decimal(values["amount"])
    except InvalidOperation:
        return f"amount: {values['amount']!r} is not a number such as 12.50"
    if not amount.is_finite() or amount.adjusted() > 12 or int(amount.as_tuple().exponent) < -4:
        return f"amount: {values['amount']!r} is not an amount"
    if amount <= 0:
        return "money that went out"
    if not re.fullmatch(r"[A-Z]{3}", values["currency"]):
        return f"currency: {values['currency']!r} is not three capital letters"
    # entries that the bank gives no id are told apart by what they say, and by how often they say it
    said = values["id"] or "|".join(values[name] for name in COLUMNS)
    seen[said] = seen.get(said, 0) + 1
    text = said if values["id"] and seen[said] == 1 else f"{said}|{seen[said]}"
    found.append(
        Incoming(
            external_id=hashlib.sha256(text.encode()).hexdigest(),
            paid_on=paid_on,
            amount=amount,
            currency=values["currency"],
            payer=values["payer"][:200],
            reference=values["reference"][:500],
        )
    )
    return ""


def _text(node: etree._Element, path: str, names: Mapping[str, str]) -> str:
    found = node.find(path, names)
    return (found.text or "").strip() if found is not None else ""


def numbers_in(*, reference: str, prefixes: Iterable[str]) -> list[str]:
    """Return the document numbers that a reference names, however they are written: "inv 2026 / 00017"."""
    found = []
    for prefix in prefixes:
        letters = r"\W*".join(re.escape(letter) for letter in prefix if letter.isalnum())
        for year, number in re.findall(rf"(?<![A-Za-z0-9]){letters}\W*(\d{{4}})\W*(\d{{5,}})(?!\d)", reference, re.I):
            found.append(f"{prefix}{year}-{number}")
    return list(dict.fromkeys(found))
