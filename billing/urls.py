"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from billing.api import crediting, disputes, files, invoices, money, profiles, running, sheets, tariffs
from billing.forecast_urls import forecast_patterns
from billing.money_urls import money_patterns

urlpatterns: list[URLPattern] = [
    path("invoices/", invoices.InvoicesView.as_view(), name="invoices"),
    path("invoices/<int:invoice_id>/", invoices.InvoiceView.as_view(), name="invoice"),
    path("invoices/<int:invoice_id>/approve/", invoices.ApproveView.as_view(), name="invoice-approve"),
    path("invoices/<int:invoice_id>/credit-notes/", crediting.CreditNotesView.as_view(), name="invoice-credit-notes"),
    path("invoices/<int:invoice_id>/issue/", invoices.IssueView.as_view(), name="invoice-issue"),
    path("invoices/<int:invoice_id>/pdf/", invoices.InvoicePdfView.as_view(), name="invoice-pdf"),
    path("invoices/<int:invoice_id>/files/<str:file_kind>/", files.InvoiceFileView.as_view(), name="invoice-file"),
    path("invoice-lines/<int:line_id>/contacts/", invoices.LineContactsView.as_view(), name="invoice-line-contacts"),
    path(
        "invoice-lines/<int:line_id>/contacts/<int:contact_id>/",
        invoices.LineContactView.as_view(),
        name="invoice-line-contact",
    ),
    path("accounts/<int:account_id>/billing-profile/", profiles.BillingProfileView.as_view(), name="billing-profile"),
    path("invoices/<int:invoice_id>/reminders/", money.RemindersView.as_view(), name="invoice-reminders"),
    path("invoices/<int:invoice_id>/late-usage/", disputes.LateDecisionView.as_view(), name="invoice-late-usage"),
    path("invoice-lines/<int:line_id>/dispute/", disputes.NewDisputeView.as_view(), name="invoice-line-dispute"),
    path("disputes/", disputes.DisputesView.as_view(), name="disputes"),
    path("disputes/<int:dispute_id>/messages/", disputes.DisputeMessagesView.as_view(), name="dispute-messages"),
    path("disputes/<int:dispute_id>/resolve/", disputes.ResolveView.as_view(), name="dispute-resolve"),
    path("late-usage/", disputes.LateUsageView.as_view(), name="late-usage"),
    path("payments/", money.PaymentsView.as_view(), name="payments"),
    path("payments/import/", money.PaymentFileView.as_view(), name="payments-import"),
    path("payments/<int:payment_id>/match/", money.MatchView.as_view(), name="payment-match"),
    path("balance/", money.BalanceView.as_view(), name="balance"),
    path("wallet/settle/", money.SettleView.as_view(), name="wallet-settle"),
    path("wallet/refund/", money.RefundView.as_view(), name="wallet-refund"),
    path("reminders/", money.RemindAllView.as_view(), name="reminders"),
    path("bill-runs/", running.BillRunsView.as_view(), name="bill-runs"),
    path("parked-bills/", running.ParkedBillsView.as_view(), name="parked-bills"),
    path("parked-bills/<int:bill_id>/retry/", running.RetryView.as_view(), name="parked-bill-retry"),
    path("issuer/", running.IssuerView.as_view(), name="issuer"),
    path("number-series/", running.NumberSeriesView.as_view(), name="number-series"),
    path("accrual/", invoices.AccrualView.as_view(), name="accrual"),
    path("tariff-schema/", tariffs.TariffSchemaView.as_view(), name="tariff-schema"),
    path("tariffs/", tariffs.TariffsView.as_view(), name="tariffs"),
    path("tariffs/<int:tariff_id>/", tariffs.TariffView.as_view(), name="tariff"),
    path("tariffs/<int:tariff_id>/versions/", tariffs.NewVersionView.as_view(), name="tariff-versions"),
    path("tariff-versions/<int:version_id>/", tariffs.VersionView.as_view(), name="tariff-version"),
    path(
        "tariff-versions/<int:version_id>/put-in-force/",
        tariffs.PutInForceView.as_view(),
        name="tariff-version-put-in-force",
    ),
    path("tariff-versions/<int:version_id>/try/", tariffs.TryView.as_view(), name="tariff-version-try"),
    path(
        "tariff-versions/<int:version_id>/price-sheet/",
        sheets.VersionSheetView.as_view(),
        name="tariff-version-price-sheet",
    ),
    path(
        "tariff-versions/<int:version_id>/price-sheet/pdf/",
        sheets.VersionSheetPdfView.as_view(),
        name="tariff-version-price-sheet-pdf",
    ),
    path("price-sheets/", sheets.AccountSheetsView.as_view(), name="price-sheets"),
    path("price-sheets/<int:version_id>/pdf/", sheets.AccountSheetPdfView.as_view(), name="price-sheet-pdf"),
    path("contracts/", tariffs.ContractsView.as_view(), name="contracts"),
    path("contracts/<int:contract_id>/end/", tariffs.EndContractView.as_view(), name="contract-end"),
    *forecast_patterns,
    *money_patterns,
]
