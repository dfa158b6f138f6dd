"""Addresses of what the two sides settle between them, below /api/v1/."""

from django.urls import URLPattern, path

from billing.api import add_ons, deliveries, prepaid, profiles, quote_variance, wallet

money_patterns: list[URLPattern] = [
    path("add-ons/", add_ons.AddOnsView.as_view(), name="add-ons"),
    path("add-ons/choices/", add_ons.ChoicesView.as_view(), name="add-on-choices"),
    path("add-ons/<int:add_on_id>/approve/", add_ons.ApproveView.as_view(), name="add-on-approve"),
    path("add-ons/<int:add_on_id>/decline/", add_ons.DeclineView.as_view(), name="add-on-decline"),
    path("add-ons/<int:add_on_id>/withdraw/", add_ons.WithdrawView.as_view(), name="add-on-withdraw"),
    path("add-ons/<int:add_on_id>/end/", add_ons.EndView.as_view(), name="add-on-end"),
    path("quote-variance/", quote_variance.QuoteVarianceView.as_view(), name="quote-variance"),
    path("prepaid/", prepaid.PrepaidView.as_view(), name="prepaid"),
    path("wallet/", wallet.WalletView.as_view(), name="wallet"),
    path("billing-profile-proposals/", profiles.ProposalsView.as_view(), name="profile-proposals"),
    path(
        "billing-profile-proposals/<int:proposal_id>/accept/",
        profiles.AcceptView.as_view(),
        name="profile-proposal-accept",
    ),
    path(
        "billing-profile-proposals/<int:proposal_id>/decline/",
        profiles.DeclineView.as_view(),
        name="profile-proposal-decline",
    ),
    path(
        "billing-profile-proposals/<int:proposal_id>/withdraw/",
        profiles.WithdrawView.as_view(),
        name="profile-proposal-withdraw",
    ),
    path("invoices/<int:invoice_id>/deliveries/", deliveries.DeliveriesView.as_view(), name="invoice-deliveries"),
]
