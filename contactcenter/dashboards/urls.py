"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.dashboards import (
    admin_api,
    endpoint_api,
    floor,
    planning_api,
    portal_api,
    proof_api,
    rules_api,
    wallboard_api,
)

urlpatterns: list[URLPattern] = [
    path("portal/periods/", portal_api.PeriodsView.as_view(), name="portal-periods"),
    path("portal/usage/", portal_api.UsageView.as_view(), name="portal-usage"),
    path("portal/usage/export/", portal_api.UsageExportView.as_view(), name="portal-usage-export"),
    path("portal/interactions/", portal_api.ContactsView.as_view(), name="portal-interactions"),
    path("portal/interactions/export/", portal_api.ContactsExportView.as_view(), name="portal-interactions-export"),
    path(
        "portal/invoices/<int:invoice_id>/export/",
        portal_api.InvoiceExportView.as_view(),
        name="portal-invoice-export",
    ),
    path("admin/accounts/", admin_api.AccountsView.as_view(), name="admin-accounts"),
    path("admin/accounts/<int:account_id>/", admin_api.AccountView.as_view(), name="admin-account"),
    path("admin/endpoints/", admin_api.EndpointsView.as_view(), name="admin-endpoints"),
    path("admin/endpoints/<int:endpoint_id>/", admin_api.EndpointView.as_view(), name="admin-endpoint"),
    path(
        "admin/endpoints/<int:endpoint_id>/test/", endpoint_api.EndpointTestView.as_view(), name="admin-endpoint-test"
    ),
    path("admin/endpoint-providers/", endpoint_api.EndpointProvidersView.as_view(), name="admin-endpoint-providers"),
    path("admin/operators/", admin_api.OperatorsView.as_view(), name="admin-operators"),
    path("admin/operators/<int:operator_id>/", admin_api.OperatorView.as_view(), name="admin-operator"),
    path("admin/queues/", admin_api.QueuesView.as_view(), name="admin-queues"),
    path("admin/queues/<int:queue_id>/", admin_api.QueueView.as_view(), name="admin-queue"),
    path("admin/skills/", rules_api.SkillsView.as_view(), name="admin-skills"),
    path("admin/skills/<int:row_id>/", rules_api.SkillView.as_view(), name="admin-skill"),
    path("admin/calendars/", rules_api.CalendarsView.as_view(), name="admin-calendars"),
    path("admin/calendars/<int:row_id>/", rules_api.CalendarView.as_view(), name="admin-calendar"),
    path("admin/sla-policies/", rules_api.PoliciesView.as_view(), name="admin-sla-policies"),
    path("admin/sla-policies/<int:row_id>/", rules_api.PolicyView.as_view(), name="admin-sla-policy"),
    path("admin/audit/", admin_api.AuditView.as_view(), name="admin-audit"),
    path("admin/planning/", planning_api.PlanningView.as_view(), name="admin-planning"),
    path("admin/floor/", floor.FloorView.as_view(), name="admin-floor"),
    path("admin/proofs/", proof_api.ProofsView.as_view(), name="admin-proofs"),
    path("admin/wallboard/", wallboard_api.WallboardView.as_view(), name="admin-wallboard"),
]
