"""Tariffs and contracts, billable usage with its sources, invoices."""

from billing.models.invoice import (
    Invoice,
    InvoiceLine,
    InvoiceLineUsage,
    InvoiceStatus,
    Issuer,
    NumberSeries,
    ParkedBill,
)
from billing.models.tariff import Contract, Tariff, TariffVersion, VersionState
from billing.models.usage import CollectedRun, UsageLine, UsageSource

__all__ = [
    "CollectedRun",
    "Contract",
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
