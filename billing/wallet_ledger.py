"""Reads of what moved in an account's wallet, newest first, with the balance after each movement.

Every function runs inside an account scope that its caller has opened.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from billing.models import Book, MoneyEntry, MoneyMovement


@dataclass(frozen=True, slots=True)
class WalletEntry:
    """A movement's leg in the wallet, the balance of its currency after it, and the invoice that is its other leg."""

    entry: MoneyEntry
    movement: MoneyMovement
    balance: Decimal
    invoice_id: int | None
    invoice_number: str | None


def wallet_entries(*, account_id: int, before: int | None, limit: int) -> list[WalletEntry]:
    """Return up to so many entries of an account's wallet, newest first; `before`: those older than an entry's id."""
    every = MoneyEntry.objects.filter(account_id=account_id, book=Book.WALLET)
    older = every if before is None else every.filter(pk__lt=before)
    balances = dict(older.values_list("currency").annotate(total=Sum("amount")).order_by("currency"))
    entries = list(older.select_related("movement__payment", "movement__moved_by").order_by("-pk")[:limit])
    others = MoneyEntry.objects.filter(
        book=Book.INVOICE, movement__in=[entry.movement_id for entry in entries]
    ).select_related("invoice")
    invoices = {other.movement_id: other.invoice for other in others}
    found = []
    for entry in entries:
        invoice = invoices.get(entry.movement_id)
        found.append(
            WalletEntry(
                entry=entry,
                movement=entry.movement,
                balance=balances[entry.currency],
                invoice_id=invoice.pk if invoice is not None else None,
                invoice_number=invoice.number if invoice is not None else None,
            )
        )
        balances[entry.currency] -= entry.amount
    return found
