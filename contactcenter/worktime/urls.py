"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.worktime import break_reason_api as reasons
from contactcenter.worktime import review_api as review
from contactcenter.worktime.api import SessionsView, SlicesView, VersionsView

urlpatterns: list[URLPattern] = [
    path("worktime/sessions/", SessionsView.as_view(), name="worktime-sessions"),
    path("worktime/slices/", SlicesView.as_view(), name="worktime-slices"),
    path("worktime/versions/", VersionsView.as_view(), name="worktime-versions"),
    path("break-reasons/", reasons.BreakReasonsView.as_view(), name="break-reasons"),
    path("admin/break-reasons/", reasons.AdminBreakReasonsView.as_view(), name="admin-break-reasons"),
    path("admin/break-reasons/<int:reason_id>/", reasons.AdminBreakReasonView.as_view(), name="admin-break-reason"),
    path("worktime/day/", review.DayView.as_view(), name="worktime-day"),
    path("worktime/events/", review.TimeEventsView.as_view(), name="worktime-events"),
    path("worktime/corrections/", review.CorrectionsView.as_view(), name="worktime-corrections"),
    path("worktime/corrections/preview/", review.CorrectionPreviewView.as_view(), name="worktime-correction-preview"),
    path(
        "worktime/corrections/<int:correction_id>/approve/",
        review.CorrectionApproveView.as_view(),
        name="worktime-correction-approve",
    ),
    path(
        "worktime/corrections/<int:correction_id>/reject/",
        review.CorrectionRejectView.as_view(),
        name="worktime-correction-reject",
    ),
    path("worktime/contradictions/", review.ContradictionsView.as_view(), name="worktime-contradictions"),
    path(
        "worktime/contradictions/<int:contradiction_id>/seen/",
        review.ContradictionSeenView.as_view(),
        name="worktime-contradiction-seen",
    ),
    path("worktime/reallocations/", review.ReallocationsView.as_view(), name="worktime-reallocations"),
]
