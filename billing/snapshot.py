"""The canonical content of an invoice and its hash: what is issued can be computed again and compared. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from billing.explanation import bill_document, explain_contact
from billing.money import exact_text, exact_value
from billing.pricing import AgreedFee, Bill, Booking, Line, Segment, price_period
from billing.rating import Usage
from billing.terms import ComponentKind, Fee, Names
from billing.terms_document import parse_terms
from billing.terms_writing import terms_document
from billing.wallet import Grant


def segment_document(*, segment: Segment, contract_id: int, version_id: int, version_number: int) -> dict[str, Any]:
    """Write a segment without its usage, so that segment_terms and the contacts' rows give it back."""
    document = {
        "key": segment.key,
        "contract": contract_id,
        "version": version_id,
        "version_number": version_number,
        "share": f"{segment.share.numerator}/{segment.share.denominator}",
        "is_first": segment.is_first,
        "zone": segment.zone,
        "days": [day.isoformat() for day in (segment.starts_on, segment.ends_on) if day is not None],
        "quantities": {code: exact_text(value=value) for code, value in sorted(segment.quantities.items())},
        "bookings": [
            {
                "code": booking.code,
                "quantity": exact_text(value=booking.quantity),
                "on": booking.on.isoformat() if booking.on else None,
                "is_approved": booking.is_approved,
            }
            for booking in segment.bookings
        ],
        "is_reverse_charge": segment.is_reverse_charge,
        "document": terms_document(terms=segment.terms),
    }
    if segment.agreed:
        document["agreed"] = [_agreed_document(agreed) for agreed in segment.agreed]
    return document


def _agreed_document(agreed: AgreedFee) -> dict[str, Any]:
    return {
        "add_on": agreed.add_on_id,
        "reference": agreed.fee.code,
        "names": dict(agreed.fee.names.by_language),
        "kind": str(agreed.fee.kind),
        "amount": exact_text(value=agreed.fee.amount),
        "quantity": exact_text(value=agreed.fee.quantity),
        "tax": agreed.fee.tax,
        "prorate": agreed.fee.prorate,
        "starts_on": agreed.starts_on.isoformat(),
        "ends_on": agreed.ends_on.isoformat() if agreed.ends_on else None,
        "facts": dict(agreed.facts),
    }


def _restore_agreed(document: Mapping[str, Any]) -> AgreedFee:
    return AgreedFee(
        add_on_id=document["add_on"],
        fee=Fee(
            code=document["reference"],
            names=Names(document["names"]),
            kind=ComponentKind(document["kind"]),
            amount=exact_value(text=document["amount"]),
            tax=document["tax"],
            prorate=document["prorate"],
            quantity=exact_value(text=document["quantity"]),
        ),
        starts_on=date.fromisoformat(document["starts_on"]),
        ends_on=date.fromisoformat(document["ends_on"]) if document["ends_on"] else None,
        facts=document["facts"],
    )


def restore_segment(*, document: Mapping[str, Any], usage: Sequence[Usage]) -> Segment:
    """Read back what segment_document wrote, with the usage that belongs to it."""
    days = [date.fromisoformat(day) for day in document.get("days", [])]
    starts_on, ends_on = days or (None, None)
    return Segment(
        terms=parse_terms(document=document["document"]),
        usage=usage,
        share=Fraction(document["share"]),
        is_first=document["is_first"],
        key=document["key"],
        zone=document.get("zone", "UTC"),
        starts_on=starts_on,
        ends_on=ends_on,
        quantities={code: exact_value(text=text) for code, text in document.get("quantities", {}).items()},
        bookings=tuple(
            Booking(
                code=booking["code"],
                quantity=exact_value(text=booking["quantity"]),
                on=date.fromisoformat(booking["on"]) if booking["on"] else None,
                is_approved=booking["is_approved"],
            )
            for booking in document.get("bookings", [])
        ),
        agreed=tuple(_restore_agreed(agreed) for agreed in document.get("agreed", [])),
        is_reverse_charge=document.get("is_reverse_charge", False),
    )


def grant_document(*, grant: Grant) -> dict[str, Any]:
    """Write prepaid units as the first segment of a period holds them, so that restore_grant gives them back."""
    return {
        "id": grant.id,
        "units": grant.units,
        "unit": grant.unit,
        "granted_at": grant.granted_at.isoformat(),
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else None,
        "priority": grant.priority,
        "of": sorted(grant.of),
    }


def restore_grant(*, document: Mapping[str, Any]) -> Grant:
    """Read back what grant_document wrote."""
    return Grant(
        id=document["id"],
        units=document["units"],
        unit=document["unit"],
        granted_at=datetime.fromisoformat(document["granted_at"]),
        expires_at=datetime.fromisoformat(document["expires_at"]) if document["expires_at"] else None,
        priority=document["priority"],
        of=frozenset(document["of"]),
    )


def ahead_document(*, document: Mapping[str, Any]) -> dict[str, Any]:
    """Mark a segment's document as one of the following period, there for its fees in advance alone."""
    return {**document, "is_ahead": True}


def price_documents(*, documents: Sequence[Mapping[str, Any]], usage: Mapping[str, Sequence[Usage]]) -> Bill:
    """Return the bill of what segment_document and ahead_document wrote, with the usage of each segment by its key.

    The first document may hold `paid_ahead`, by code in smallest units: what earlier bills charged in advance; and
    `grants`: the prepaid units that were left to the period.
    """
    segments, following, paid_ahead, grants = restore_period(documents=documents, usage=usage)
    return price_period(segments=segments, following=following, paid_ahead=paid_ahead, grants=grants)


def restore_period(
    *, documents: Sequence[Mapping[str, Any]], usage: Mapping[str, Sequence[Usage]] = MappingProxyType({})
) -> tuple[tuple[Segment, ...], tuple[Segment, ...], Mapping[str, int] | None, tuple[Grant, ...]]:
    """Return what segment_document, ahead_document and grant_document wrote: segments, those of the following period,
    paid_ahead, grants.
    """
    segments, following = [], []
    for document in documents:
        if document.get("is_ahead", False):
            following.append(restore_segment(document=document, usage=()))
        else:
            segments.append(restore_segment(document=document, usage=usage.get(document["key"], ())))
    head: Mapping[str, Any] = documents[0] if documents else {}
    grants = tuple(restore_grant(document=grant) for grant in head.get("grants", ()))
    return tuple(segments), tuple(following), head.get("paid_ahead"), grants


def content_hash(
    *,
    bill: Bill,
    unpriced: int,
    segments: Sequence[Mapping[str, Any]],
    language: str,
    period: str,
    seller: Mapping[str, Any],
    buyer: Mapping[str, Any],
    corrections: Sequence[Mapping[str, Any]] = (),
) -> str:
    """Return the SHA-256 (hex) of an invoice's content: parties, period, terms, every line, contact, tax and total, and
    the corrections of former periods where there are any.

    Number and dates are not part of it: they are given when the content is issued.
    """
    digest = hashlib.sha256()
    head = {"period": period, "language": language, "seller": seller, "buyer": buyer, "segments": list(segments)}
    if corrections:
        head["corrections"] = list(corrections)
    for part in _parts(head=head, bill=bill, unpriced=unpriced, language=language):
        digest.update(_canonical(part))
        digest.update(b"\n")
    return digest.hexdigest()


def credit_hash(*, head: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], taxes: Sequence[Any]) -> str:
    """Return the SHA-256 (hex) of a credit note's content: which invoice it corrects and why, its lines and taxes."""
    return hashlib.sha256(_canonical({"head": head, "lines": list(lines), "taxes": list(taxes)})).hexdigest()


def chain_hash(*, previous: str, number: str, issued_at: datetime, due_on: date, content: str) -> str:
    """Return the SHA-256 (hex) that joins a document to the issuer's document before ("" for the first).

    Whoever takes a document out, puts one in, or changes number, date or content, breaks every later link.
    """
    text = "\n".join([previous, number, issued_at.astimezone(UTC).isoformat(), due_on.isoformat(), content])
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(part: object) -> bytes:
    return json.dumps(part, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _parts(*, head: Mapping[str, Any], bill: Bill, unpriced: int, language: str) -> Iterator[Any]:
    yield head
    yield bill_document(bill=bill, language=language) | {"unpriced": unpriced}
    for position, line in enumerate(bill.lines, start=1):
        yield from _contacts(position=position, line=line)


def _contacts(*, position: int, line: Line) -> Iterator[Any]:
    for contact in line.contacts:
        usage = contact.rated.usage
        yield [
            position,
            usage.id,
            usage.started_at.isoformat(),
            usage.channel,
            usage.direction,
            explain_contact(line=line, contact=contact),
        ]
