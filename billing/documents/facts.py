"""What an e-invoice says, in the terms of EN 16931 and free of any syntax: ubl.py and cii.py write it. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# UNTDID 1001
INVOICE_CODE, CREDIT_NOTE_CODE = "380", "381"
# UN/ECE Recommendation 20 and 21: a second, one
SECOND, ONE = "SEC", "C62"
GUIDELINE = "urn:cen.eu:en16931:2017"


@dataclass(frozen=True, slots=True)
class Party:
    """BG-4 or BG-7. Empty texts are left out.

    `vat_id` begins with its country's letters (BT-31, BT-48), `registration` is any other number of the business
    (BT-30, BT-47), `tax_registration` the seller's number where it has no VAT identifier (BT-32).
    """

    name: str
    country: str
    address: str = ""
    city: str = ""
    postcode: str = ""
    email: str = ""
    vat_id: str = ""
    registration: str = ""
    tax_registration: str = ""


@dataclass(frozen=True, slots=True)
class TaxLine:
    """BG-23: base and tax of one category and rate; the reason where nothing is charged."""

    letter: str
    percent: Decimal
    base: Decimal
    amount: Decimal
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True, slots=True)
class ItemLine:
    """BG-25: quantity / base quantity x price = amount, to the currency's digits."""

    position: int
    name: str
    note: str
    quantity: Decimal
    unit: str
    price: Decimal
    base_quantity: Decimal
    amount: Decimal
    letter: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Facts:
    """A whole document. Amounts of a credit note are above zero where it takes back a charge."""

    number: str
    type_code: str
    issued_on: date
    due_on: date
    currency: str
    language: str
    period_starts_on: date
    period_last_on: date
    seller: Party
    buyer: Party
    lines: tuple[ItemLine, ...]
    taxes: tuple[TaxLine, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    note: str = ""
    terms: str = ""
    bank_account: str = ""
    buyer_reference: str = ""
    corrects_number: str = ""
    corrects_issued_on: date | None = None

    @property
    def is_credit_note(self) -> bool:
        """Whether the document takes back."""
        return self.type_code == CREDIT_NOTE_CODE

    @property
    def delivered_abroad(self) -> bool:
        """Whether a category asks where the service was delivered (BR-IC-12)."""
        return any(tax.letter == "K" for tax in self.taxes)
