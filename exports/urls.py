"""Literal paths of this room."""

from django.urls import path

from exports.views import download

urlpatterns = [path("export/<uuid:export_id>/download", download, name="download-export")]
