"""Addresses of forecasts, alerts and what rounding cost, below /api/v1/."""

from django.urls import URLPattern, path

from billing.api import alerts, comparison, forecasts

forecast_patterns: list[URLPattern] = [
    path("accrual/rounding/", forecasts.PeriodRoundingView.as_view(), name="accrual-rounding"),
    path("alert-rules/", alerts.AlertRulesView.as_view(), name="alert-rules"),
    path("alert-rules/<int:rule_id>/", alerts.AlertRuleView.as_view(), name="alert-rule"),
    path("alerts/", alerts.AlertsView.as_view(), name="alerts"),
    path("alerts/<int:alert_id>/seen/", alerts.AlertSeenView.as_view(), name="alert-seen"),
    path("tariff-comparison/", comparison.TariffComparisonView.as_view(), name="tariff-comparison"),
    path("forecasts/", alerts.ForecastsView.as_view(), name="forecasts"),
    path("forecast/", forecasts.ForecastView.as_view(), name="forecast"),
    path("invoices/<int:invoice_id>/rounding/", forecasts.InvoiceRoundingView.as_view(), name="invoice-rounding"),
]
