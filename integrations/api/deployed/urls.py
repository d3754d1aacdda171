"""Their addresses. `enterprise` is the company's number."""

from django.urls import path

from integrations.api.deployed import caches, retailcrm

OWN = "retailcrm/api"

urlpatterns = [
    path(f"{OWN}/config/<str:enterprise>", retailcrm.ConfigView.as_view(), name="deployed-config"),
    path(f"{OWN}/register/<str:enterprise>", retailcrm.RegisterView.as_view(), name="deployed-register"),
    path(
        f"{OWN}/internal-phones/<str:enterprise>",
        retailcrm.InternalPhonesView.as_view(),
        name="deployed-phones",
    ),
    path(
        f"{OWN}/user-extensions/<str:enterprise>",
        retailcrm.UserExtensionsView.as_view(),
        name="deployed-user-extensions",
    ),
    path(
        f"{OWN}/save-extensions/<str:enterprise>",
        retailcrm.SaveExtensionsView.as_view(),
        name="deployed-save-extensions",
    ),
    path(
        f"{OWN}/sync-extensions/<str:enterprise>",
        retailcrm.SyncExtensionsView.as_view(),
        name="deployed-sync-extensions",
    ),
    path(
        f"{OWN}/config-cache/refresh/<str:enterprise>", caches.RefreshView.as_view(), name="deployed-refresh"
    ),
    path(f"{OWN}/config-cache/refresh-all", caches.RefreshAllView.as_view(), name="deployed-refresh-all"),
    path(f"{OWN}/config-cache/active-enterprises", caches.ActiveView.as_view(), name="deployed-active"),
    path("cache/invalidate/<str:enterprise>", caches.InvalidateView.as_view(), name="deployed-invalidate"),
    path("stats", caches.StatsView.as_view(), name="stats"),
    path("integrations/<str:enterprise>", caches.MatrixView.as_view(), name="deployed-integrations"),
]
