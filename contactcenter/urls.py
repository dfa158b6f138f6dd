"""Every address of the site; each app owns the rest of its prefix."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from channels_app.hooks import hook
from channels_app.signed_files import download
from channels_app.webchat.files import upload
from channels_app.webchat.views import chat_page, chat_style
from contactcenter.kernel import frontend, health

handler500 = "contactcenter.kernel.http.server_error"

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("_allauth/", include("allauth.headless.urls")),
    path("backoffice/", admin.site.urls),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("api/v1/", include("contactcenter.tenancy.urls")),
    path("api/v1/", include("contactcenter.contacts.urls")),
    path("api/v1/", include("contactcenter.tickets.urls")),
    path("api/v1/", include("contactcenter.playbooks.urls")),
    path("api/v1/", include("contactcenter.routing.urls")),
    path("api/v1/", include("contactcenter.realtime.urls")),
    path("api/v1/", include("contactcenter.worktime.urls")),
    path("api/v1/", include("contactcenter.dashboards.urls")),
    path("api/v1/", include("channels_app.urls")),
    path("api/v1/", include("billing.urls")),
    path("hooks/<str:public_token>/", hook, name="hook"),
    path("widget.js", frontend.widget),
    path("widget/<slug:language>.js", frontend.widget_texts),
    path("chat/files/<str:token>/", download),
    path("ws/chat/<str:address>/", upload),
    path("demo/chat/<str:address>/", chat_page),
    path("demo/chat.css", chat_style),
    path("", RedirectView.as_view(url="/login", permanent=False)),
    re_path(r"^(?P<path>(login|console|client|admin)(/.*)?)$", frontend.page),
]
