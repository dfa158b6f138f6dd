"""Addresses of this app below /api/v1/."""

from django.urls import URLPattern, path

from contactcenter.tenancy import api, key_api

urlpatterns: list[URLPattern] = [
    path("me/", api.MeView.as_view(), name="me"),
    path("api-keys/", key_api.ApiKeysView.as_view(), name="api-keys"),
    path("api-keys/<int:key_id>/revoke/", key_api.ApiKeyRevokeView.as_view(), name="api-key-revoke"),
]
