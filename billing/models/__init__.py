"""Tariffs and contracts, billable usage with its sources, invoices."""

from billing.models.accrual import Accrual, AccrualSum
from billing.models.add_ons import AddOn, AddOnKind, AddOnState, Side
from billing.models.alerts import Alert, AlertMail, AlertRule, AlertSeen
from billing.models.deliveries import DeliveryState, InvoiceDelivery
from billing.models.disputes import Dispute, DisputeMessage, DisputeState
from billing.models.forecast import Forecast, ForecastState
from billing.models.hours import RatedHour, RatedShape, UsageCount
from billing.models.house_mails import HouseMail
from billing.models.invoice import (
    CreditReason,
    DocumentKind,
    Invoice,
    InvoiceLine,
    InvoiceLineUsage,
    InvoiceStatus,
    ParkedBill,
)
from billing.models.issuer import DocumentChain, Issuer, NumberSeries
from billing.models.late import LateChoice, LateDecision
from billing.models.payments import Book, MoneyEntry, MoneyMovement, MovementKind, Payment, PaymentSource
from billing.models.profile import BillingProfile, ProfileProposal, ProposalState
from billing.models.quotes import AcceptanceSource, PriceAcceptance, Quote, QuoteStatus
from billing.models.reminders import Reminder
from billing.models.tariff import Contract, Tariff, TariffVersion, VersionState
from billing.models.usage import CollectedRun, UsageLine, UsageMark, UsageSource

__all__ = [
    "AcceptanceSource",
    "Accrual",
    "AccrualSum",
    "AddOn",
    "AddOnKind",
    "AddOnState",
    "Alert",
    "AlertMail",
    "AlertRule",
    "AlertSeen",
    "BillingProfile",
    "Book",
    "CollectedRun",
    "Contract",
    "CreditReason",
    "DeliveryState",
    "Dispute",
    "DisputeMessage",
    "DisputeState",
    "DocumentChain",
    "DocumentKind",
    "Forecast",
    "ForecastState",
    "HouseMail",
    "Invoice",
    "InvoiceDelivery",
    "InvoiceLine",
    "InvoiceLineUsage",
    "InvoiceStatus",
    "Issuer",
    "LateChoice",
    "LateDecision",
    "MoneyEntry",
    "MoneyMovement",
    "MovementKind",
    "NumberSeries",
    "ParkedBill",
    "Payment",
    "PaymentSource",
    "PriceAcceptance",
    "ProfileProposal",
    "ProposalState",
    "Quote",
    "QuoteStatus",
    "RatedHour",
    "RatedShape",
    "Reminder",
    "Side",
    "Tariff",
    "TariffVersion",
    "UsageCount",
    "UsageLine",
    "UsageMark",
    "UsageSource",
    "VersionState",
]
