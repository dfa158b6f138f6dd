"""Every write of billing: tariffs and contracts, collected usage, invoices."""

from billing.actions.invoices import build_draft, discard_draft, issue_invoice, park_bill
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
    "build_draft",
    "collect_pending",
    "collect_period",
    "collect_run",
    "collect_session",
    "collect_usage",
    "discard_draft",
    "end_contract",
    "issue_invoice",
    "park_bill",
    "put_in_force",
    "save_draft_version",
    "sign_contract",
    "throw_away_draft",
]
