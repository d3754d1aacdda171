"""Literal paths of this room."""

from django.urls import path

from exports.api.literal import LiteralExportViewSet
from exports.views import download

urlpatterns = [
    path("webhooks/export", LiteralExportViewSet.as_view({"post": "create"}), name="literal-export"),
    path(
        "webhooks/export/<uuid:pk>",
        LiteralExportViewSet.as_view({"get": "retrieve"}),
        name="literal-export-status",
    ),
    path("export/<uuid:export_id>/download", download, name="download-export"),
]
