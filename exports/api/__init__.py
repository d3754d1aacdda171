"""The API of exports and imports: jobs, and what can be exported."""

from exports.api.datasets import DatasetViewSet
from exports.api.destinations import DestinationViewSet
from exports.api.exports import ExportViewSet
from exports.api.imports import ImportViewSet
from exports.api.schedules import ExportScheduleViewSet
from exports.api.shipments import ShipmentViewSet
from exports.api.templates import ExportTemplateViewSet
from tenants.api.base import router

router.register("exports", ExportViewSet, basename="export")
router.register("export-templates", ExportTemplateViewSet, basename="export-template")
router.register("export-schedules", ExportScheduleViewSet, basename="export-schedule")
router.register("datasets", DatasetViewSet, basename="dataset")
router.register("imports", ImportViewSet, basename="import")
router.register("export-shipments", ShipmentViewSet, basename="export-shipment")
router.register("export-destinations", DestinationViewSet, basename="export-destination")
