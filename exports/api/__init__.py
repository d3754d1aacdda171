"""The API of exports: jobs, and what can be exported."""

from exports.api.datasets import DatasetViewSet
from exports.api.exports import ExportViewSet
from tenants.api.base import router

router.register("exports", ExportViewSet, basename="export")
router.register("datasets", DatasetViewSet, basename="dataset")
