"""A document and everything it was computed from in one file, with which anybody can compute it again. Pure.

JSON of one object: `kind`, `document` (what it says of itself), and for an invoice `segments` (terms), `usage` (the
contacts of each segment by key) and `corrections`; for a credit note the lines and taxes it was taken from.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from billing.correction_lines import corrected
from billing.crediting import Credit, CreditableLine, CreditableTax, credit_lines
from billing.document_fields import TermsError
from billing.money import decimal_from_units
from billing.pricing import Bill
from billing.snapshot import content_hash, credit_hash, price_documents
from billing.usage import FACTS, Usage, UsageConflict, spans_from

FORMAT = "contactcenter-replay-1"


class ReplayFileError(ValueError):
    """The file is no replay file, or what it holds cannot be computed; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A document computed again: the bill of an invoice, the hash the document states and the one of what came out."""

    bill: Bill | None
    language: str
    stated_hash: str
    computed_hash: str

    @property
    def is_equal(self) -> bool:
        """Whether the document is what its own copy gives."""
        return self.stated_hash == self.computed_hash


def replay_document(*, text: str) -> Replayed:
    """Compute a document again from its replay file; ReplayFileError where the file is not one."""
    try:
        held = json.loads(text, parse_float=Decimal)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ReplayFileError(f"is not JSON: {error}") from error
    if not isinstance(held, dict) or held.get("format") != FORMAT:
        raise ReplayFileError(f"is not a replay file: `format` must be {FORMAT!r}")
    try:
        return _credit_note(held) if held["kind"] == "credit_note" else _invoice(held)
    except KeyError as error:
        raise ReplayFileError(f"{error.args[0]}: is missing") from error
    except (TypeError, ValueError, ArithmeticError, AttributeError, TermsError, UsageConflict) as error:
        raise ReplayFileError(f"cannot be computed: {error}") from error


def usage_row(*, usage: Usage) -> dict[str, Any]:
    """Return a contact as the file holds it; what is zero or empty is left out."""
    row = {name: getattr(usage, name) for name in FACTS}
    return {name: value for name, value in row.items() if value} | {"started_at": usage.started_at.isoformat()}


def _usage(row: Mapping[str, Any]) -> Usage:
    known = {"channel": "", "direction": "", **row, "started_at": datetime.fromisoformat(row["started_at"])}
    return Usage(**known | {"spans": spans_from(row.get("spans", ()))})


def _invoice(held: Mapping[str, Any]) -> Replayed:
    document = held["document"]
    usage = {key: [_usage(row) for row in rows] for key, rows in held["usage"].items()}
    bill = price_documents(documents=held["segments"], usage=usage)
    bill = corrected(bill=bill, corrections=held["corrections"])
    computed = content_hash(
        bill=bill,
        unpriced=document["unpriced"],
        segments=held["segments"],
        language=document["language"],
        period=document["period"],
        seller=document["seller"],
        buyer=document["buyer"],
        corrections=held["corrections"],
    )
    return Replayed(bill, document["language"], document["content_hash"], computed)


def _credit_note(held: Mapping[str, Any]) -> Replayed:
    document = held["document"]
    credit = credit_lines(
        lines=[CreditableLine(**line) for line in held["lines"]],
        taxes=[CreditableTax(**{**tax, "percent": Fraction(tax["percent"])}) for tax in held["taxes"]],
        wanted={int(position): units for position, units in held["wanted"].items()},
    )
    computed = credit_content_hash(document=document, credit=credit, categories=held["categories"])
    return Replayed(None, document["language"], document["content_hash"], computed)


def credit_content_hash(
    *, document: Mapping[str, Any], credit: Credit, categories: Mapping[str, Mapping[str, Any]]
) -> str:
    """Return the content hash of a credit note: what it corrects and why, its parties, its amounts.

    `categories` are the tax categories of the invoice it corrects, by code.
    """
    digits = document["digits"]

    def money(units: int) -> str:
        return str(decimal_from_units(units=units, digits=digits))

    head = {name: document[name] for name in ("corrects", "reason", "language", "currency", "seller", "buyer")}
    head |= {
        "net": money(credit.net_units),
        "tax": money(credit.tax_units),
        "total": money(credit.net_units + credit.tax_units),
    }
    lines = [{"line": position, "amount": money(units)} for position, units in credit.lines]
    taxes = [
        dict(categories[code]) | {"base": money(base), "amount": money(units)} for code, base, units in credit.taxes
    ]
    return credit_hash(head=head, lines=lines, taxes=taxes)
