"""Tariffs and contracts, billable usage with its sources, invoices."""

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
from billing.models.profile import BillingProfile
from billing.models.tariff import Contract, Tariff, TariffVersion, VersionState
from billing.models.usage import CollectedRun, UsageLine, UsageSource

__all__ = [
    "BillingProfile",
    "CollectedRun",
    "Contract",
    "CreditReason",
    "DocumentChain",
    "DocumentKind",
    "Invoice",
    "InvoiceLine",
    "InvoiceLineUsage",
    "InvoiceStatus",
    "Issuer",
    "NumberSeries",
    "ParkedBill",
    "Tariff",
    "TariffVersion",
    "UsageLine",
    "UsageSource",
    "VersionState",
]
