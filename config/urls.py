"""Every route that is not ingest. Apps register API resources with the shared router and literal paths in their urls.py."""

from importlib.util import find_spec

from django.contrib import admin
from django.urls import include, path
from django.utils.module_loading import autodiscover_modules
from django.views.generic import RedirectView

from config.health import health, metrics_view
from tenants.api.base import router
from tenants.api.docs import RedocView, SchemaView, SwaggerView

autodiscover_modules("api")

APPS = ("tenants", "webhooks", "exports", "integrations", "telephony")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("health", health, name="health"),
    path("metrics", metrics_view, name="metrics"),
    *[path("", include(f"{app}.urls")) for app in APPS if find_spec(f"{app}.urls")],
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include(router.urls)),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("docs", SwaggerView.as_view(url_name="schema"), name="docs"),
    path("redoc", RedocView.as_view(url_name="schema"), name="redoc"),
]

handler400 = "tenants.api.missing.bad_request"
handler404 = "tenants.api.missing.not_found"
handler500 = "tenants.api.missing.server_error"
