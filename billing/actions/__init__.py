"""Every write of billing: tariffs and contracts, collected usage, invoices."""

from billing.actions.credit_notes import issue_credit_note
from billing.actions.drafts import approve_invoice, build_draft, discard_draft
from billing.actions.issuers import change_issuer, change_profile
from billing.actions.issuing import issue_invoice
from billing.actions.parking import park_bill
from billing.actions.parties import current_issuer
from billing.actions.tariffs import (
    add_draft_version,
    add_tariff,
    end_contract,
    put_in_force,
    save_draft_version,
    sign_contract,
    throw_away_draft,
)
from billing.actions.usage import collect_pending, collect_period, collect_run, collect_session, collect_usage

__all__ = [
    "add_draft_version",
    "add_tariff",
    "approve_invoice",
    "build_draft",
    "change_issuer",
    "change_profile",
    "collect_pending",
    "collect_period",
    "collect_run",
    "collect_session",
    "collect_usage",
    "current_issuer",
    "discard_draft",
    "end_contract",
    "issue_credit_note",
    "issue_invoice",
    "park_bill",
    "put_in_force",
    "save_draft_version",
    "sign_contract",
    "throw_away_draft",
]
