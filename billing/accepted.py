"""What an account has accepted, as rows say it. Every function runs in an account scope that its caller has opened."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from billing.agreed import Accepted, lines_outside
from billing.bill import Bill
from billing.models import PriceAcceptance


def accepted_versions(*, account_id: int) -> list[Accepted]:
    """Return every acceptance of the account in the order in which they take effect."""
    rows = PriceAcceptance.objects.filter(account_id=account_id).order_by("effective_from", "pk")
    return [Accepted(*row) for row in rows.values_list("tariff_version_id", "effective_from")]


def outside_prices(
    *, account_id: int, bill: Bill, segments: Sequence[Mapping[str, Any]], approved: frozenset[str] = frozenset()
) -> list[str]:
    """Return a reason for each line of a bill that the account never agreed to (invariant B3).

    segments: the bill's segments as billing.snapshot writes them; a version counts as accepted in a segment where it
    was so by the segment's first day. approved: codes of add-ons agreed on.
    """
    rows = list(
        PriceAcceptance.objects.filter(account_id=account_id)
        .order_by("effective_from", "pk")
        .values_list("tariff_version_id", "effective_from", "sheet__terms")
    )
    sheets = {}
    for segment in segments:
        starts_on = date.fromisoformat(segment["days"][0])
        for version_id, effective_from, terms in rows:
            if version_id == segment["version"] and effective_from <= starts_on:
                sheets[segment["key"]] = terms
    former = {row["code"] for _, _, terms in rows for row in terms["components"]}
    return lines_outside(lines=bill.lines, sheets=sheets, approved=approved, former=former)
