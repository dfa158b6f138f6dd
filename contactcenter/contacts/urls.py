"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.contacts import api

urlpatterns: list[URLPattern] = [
    path("contacts/", api.ContactsView.as_view(), name="contacts"),
    path("contacts/<int:contact_id>/", api.ContactView.as_view(), name="contact"),
    path("contacts/<int:contact_id>/points/", api.ContactPointsView.as_view(), name="contact-points"),
    path("contacts/<int:contact_id>/points/<int:point_id>/", api.ContactPointView.as_view(), name="contact-point"),
    path("contacts/<int:contact_id>/merge/", api.ContactMergeView.as_view(), name="contact-merge"),
    path("contact-merges/<int:merge_id>/undo/", api.MergeUndoView.as_view(), name="contact-merge-undo"),
]
