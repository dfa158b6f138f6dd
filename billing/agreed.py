"""What an account has agreed to: which versions bind it on which days, which lines of a bill it never accepted. Pure.

Invariant B3: no fee on an invoice that was not on the accepted price sheet of the contract's tariff version, or an
approved add-on.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.bill import Line, LineKind
from billing.segments import VersionDays
from billing.terms_writing import component_document, tax_document


@dataclass(frozen=True, slots=True)
class Accepted:
    """A version was accepted, and binds from effective_from on, but not before its own first day."""

    version_id: int
    effective_from: date


def binding_days(*, versions: Sequence[VersionDays], accepted: Sequence[Accepted]) -> tuple[VersionDays, ...]:
    """Return the versions of a tariff as they bind an account: an accepted one from the day it was accepted for.

    A version that was not accepted binds nobody who accepted one before. Days before the first acceptance stay with the
    versions in force, so that they can be priced and looked at; lines_outside keeps them off invoices.
    """
    starts = {version.version_id: version.effective_from for version in versions}
    bound = sorted(
        (
            VersionDays(version_id=given.version_id, effective_from=max(starts[given.version_id], given.effective_from))
            for given in accepted
            if given.version_id in starts
        ),
        key=lambda version: version.effective_from,
    )
    if not bound:
        return tuple(versions)
    found = [version for version in versions if version.effective_from < bound[0].effective_from]
    for version in bound:
        if version.effective_from == (found[-1].effective_from if found else None):
            found[-1] = version
        elif not found or found[-1].version_id != version.version_id or version is bound[0]:
            found.append(version)
    return tuple(found)


def lines_outside(
    *,
    lines: Sequence[Line],
    sheets: Mapping[str, Mapping[str, Any]],
    approved: Collection[str] = (),
    former: Collection[str] = (),
) -> list[str]:
    """Return a reason, naming the row, for each line that no accepted price sheet and no approved add-on covers.

    sheets: by a segment's days, the tariff document that was accepted for them; a row must be there with these very
    terms. approved: codes of add-ons that both sides agreed on. former: codes of every sheet the account ever accepted;
    they cover what later corrects a former period.
    """
    rows = {days: {row["code"]: row for row in document["components"]} for days, document in sheets.items()}
    reasons = []
    for position, line in enumerate(lines, start=1):
        code, days = line.component.code, line.segment.key
        named = f"Line {position} \u201c{line.names.text(language='en')}\u201d ({code}, {days})"
        if code in approved or (line.kind is LineKind.CORRECTION and code in former):
            continue
        if days not in rows:
            reasons.append(f"{named}: the client has accepted no price sheet for these days.")
        elif code not in rows[days]:
            reasons.append(f"{named}: is not on the price sheet that the client accepted.")
        elif rows[days][code] != component_document(component=line.component) or not _same_tax(line, sheets[days]):
            reasons.append(f"{named}: differs from the price sheet that the client accepted.")
    return reasons


def _same_tax(line: Line, document: Mapping[str, Any]) -> bool:
    """Say whether the sheet names the tax that the tariff has; that a buyer owes it himself is not of the tariff."""
    category = line.segment.terms.tax(code=line.component.tax)
    return tax_document(category=category) in document["taxes"]
