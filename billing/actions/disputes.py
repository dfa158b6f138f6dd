"""Writes of disputes: opened by the client on a line, talked over, resolved by the house, with a credit note or not."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from billing.actions.credit_notes import issue_credit_note
from billing.models import (
    CreditReason,
    Dispute,
    DisputeMessage,
    DisputeState,
    DocumentKind,
    InvoiceLine,
    InvoiceStatus,
)
from contactcenter.kernel import audit
from contactcenter.kernel.errors import Conflict, Invalid, NotFound
from contactcenter.kernel.push import push_on_commit

LONGEST_TEXT = 4000
UNRESOLVED = (DisputeState.OPEN, DisputeState.ANSWERED)


@transaction.atomic
def open_dispute(*, line_id: int, text: str, at: datetime, actor_id: int) -> Dispute:
    """Doubt a line of an issued invoice. Conflict where the line is in dispute already, NotFound out of reach."""
    line = InvoiceLine.objects.select_related("invoice").filter(pk=line_id).first()
    if line is None or line.invoice.status != InvoiceStatus.ISSUED or line.invoice.kind != DocumentKind.INVOICE:
        raise NotFound("There is no such line on an issued invoice.")
    said = _checked(text)
    try:
        with transaction.atomic():
            dispute = Dispute.objects.create(
                account_id=line.account_id, invoice=line.invoice, line=line, opened_at=at, opened_by_id=actor_id
            )
    except IntegrityError as error:
        raise Conflict("This line is in dispute already; write there.") from error
    _say(dispute, said, is_staff=False, at=at, actor_id=actor_id)
    _note("dispute.opened", dispute, actor_id=actor_id)
    return dispute


@transaction.atomic
def answer_dispute(*, dispute_id: int, text: str, is_staff: bool, at: datetime, actor_id: int) -> Dispute:
    """Add a word: the house's answers an open dispute, the client's opens an answered one again. Conflict once it is
    resolved.
    """
    dispute = _unresolved(dispute_id)
    _say(dispute, _checked(text), is_staff=is_staff, at=at, actor_id=actor_id)
    dispute.state = DisputeState.ANSWERED if is_staff else DisputeState.OPEN
    dispute.save(update_fields=["state"])
    _note("dispute.answered" if is_staff else "dispute.said", dispute, actor_id=actor_id)
    return dispute


@transaction.atomic
def resolve_dispute(*, dispute_id: int, credit: Decimal | None, text: str, at: datetime, actor_id: int) -> Dispute:
    """Resolve a dispute with a last word: an amount of its line is credited by a credit note, or None: it is rejected.

    Errors as issue_credit_note raises them; nothing is resolved then.
    """
    dispute = _unresolved(dispute_id)
    said = _checked(text)
    if credit is not None:
        dispute.credit_note = issue_credit_note(
            invoice_id=dispute.invoice_id,
            amounts={dispute.line.position: credit},
            reason_code=CreditReason.DISPUTE,
            reason=said[:500],
            at=at,
            actor_id=actor_id,
        )
    _say(dispute, said, is_staff=True, at=at, actor_id=actor_id)
    dispute.state = DisputeState.REJECTED if credit is None else DisputeState.CREDITED
    dispute.resolved_at, dispute.resolved_by_id = at, actor_id
    dispute.save(update_fields=["state", "resolved_at", "resolved_by", "credit_note"])
    _note("dispute.resolved", dispute, actor_id=actor_id)
    return dispute


def _unresolved(dispute_id: int) -> Dispute:
    dispute = Dispute.objects.select_for_update(of=("self",)).select_related("line").filter(pk=dispute_id).first()
    if dispute is None:
        raise NotFound("There is no such dispute.")
    if dispute.state not in UNRESOLVED:
        raise Conflict("The dispute is resolved.")
    return dispute


def _checked(text: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST_TEXT:
        raise Invalid(f"Say something, in at most {LONGEST_TEXT} characters.", field="text")
    return said


def _say(dispute: Dispute, text: str, *, is_staff: bool, at: datetime, actor_id: int) -> None:
    DisputeMessage.objects.create(
        account_id=dispute.account_id, dispute=dispute, author_id=actor_id, is_staff=is_staff, text=text, said_at=at
    )


def _note(action: str, dispute: Dispute, *, actor_id: int) -> None:
    audit.record(
        action=action,
        target=dispute,
        actor_id=actor_id,
        account_id=dispute.account_id,
        data={"invoice": dispute.invoice_id, "line": dispute.line_id, "state": dispute.state},
    )
    push_on_commit(
        f"books:{dispute.account_id}",
        kind=action,
        account_id=dispute.account_id,
        payload={"id": dispute.pk, "invoice": dispute.invoice_id, "state": dispute.state},
    )
