"""Every write of billing: tariffs and contracts, collected usage, invoices."""

from billing.actions.acceptance import accept_prices, record_acceptance
from billing.actions.add_ons import Prepaid, decide_add_on, end_add_on, propose_add_on, withdraw_add_on
from billing.actions.alerts import (
    add_alert_rule,
    remove_alert_rule,
    see_alert,
    watch_account,
    watch_accounts,
)
from billing.actions.credit_notes import issue_credit_note
from billing.actions.deliveries import (
    claim_delivery,
    note_bounce,
    note_not_sent,
    note_sent,
    queue_deliveries,
    send_again,
)
from billing.actions.disputes import answer_dispute, open_dispute, resolve_dispute
from billing.actions.drafts import approve_invoice, build_draft, discard_draft
from billing.actions.house_mails import note_mail, take_mail
from billing.actions.issuers import change_issuer
from billing.actions.issuing import issue_invoice
from billing.actions.late import credit_late_usage, decide_late_usage
from billing.actions.parking import park_bill
from billing.actions.parties import current_issuer
from billing.actions.payments import (
    import_payments,
    match_payment,
    record_payment,
    refund_wallet,
    settle_from_wallet,
)
from billing.actions.profiles import change_profile, decide_proposal, propose_profile, withdraw_proposal
from billing.actions.quotes import (
    accept_quote,
    add_quote,
    change_quote,
    decline_quote,
    discard_quote,
    expire_quotes,
    revise_quote,
    send_quote,
    withdraw_quote,
)
from billing.actions.reminders import write_reminder
from billing.actions.tariffs import (
    add_draft_version,
    add_tariff,
    end_contract,
    offer_tariff,
    put_in_force,
    save_draft_version,
    sign_contract,
    throw_away_draft,
)
from billing.actions.usage import collect_pending, collect_period, collect_run, collect_session, collect_usage

__all__ = [
    "Prepaid",
    "accept_prices",
    "accept_quote",
    "add_alert_rule",
    "add_draft_version",
    "add_quote",
    "add_tariff",
    "answer_dispute",
    "approve_invoice",
    "build_draft",
    "change_issuer",
    "change_profile",
    "change_quote",
    "claim_delivery",
    "collect_pending",
    "collect_period",
    "collect_run",
    "collect_session",
    "collect_usage",
    "credit_late_usage",
    "current_issuer",
    "decide_add_on",
    "decide_late_usage",
    "decide_proposal",
    "decline_quote",
    "discard_draft",
    "discard_quote",
    "end_add_on",
    "end_contract",
    "expire_quotes",
    "import_payments",
    "issue_credit_note",
    "issue_invoice",
    "match_payment",
    "note_bounce",
    "note_mail",
    "note_not_sent",
    "note_sent",
    "offer_tariff",
    "open_dispute",
    "park_bill",
    "propose_add_on",
    "propose_profile",
    "put_in_force",
    "queue_deliveries",
    "record_acceptance",
    "record_payment",
    "refund_wallet",
    "remove_alert_rule",
    "resolve_dispute",
    "revise_quote",
    "save_draft_version",
    "see_alert",
    "send_again",
    "send_quote",
    "settle_from_wallet",
    "sign_contract",
    "take_mail",
    "throw_away_draft",
    "watch_account",
    "watch_accounts",
    "withdraw_add_on",
    "withdraw_proposal",
    "withdraw_quote",
    "write_reminder",
]
