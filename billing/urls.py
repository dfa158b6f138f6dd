"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from billing.api import crediting, files, invoices, profiles, running, tariffs

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
    path("bill-runs/", running.BillRunsView.as_view(), name="bill-runs"),
    path("parked-bills/", running.ParkedBillsView.as_view(), name="parked-bills"),
    path("parked-bills/<int:bill_id>/retry/", running.RetryView.as_view(), name="parked-bill-retry"),
    path("issuer/", running.IssuerView.as_view(), name="issuer"),
    path("number-series/", running.NumberSeriesView.as_view(), name="number-series"),
    path("accrual/", invoices.AccrualView.as_view(), name="accrual"),
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
    path("contracts/", tariffs.ContractsView.as_view(), name="contracts"),
    path("contracts/<int:contract_id>/end/", tariffs.EndContractView.as_view(), name="contract-end"),
]
