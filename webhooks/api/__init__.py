"""Routes of this room: endpoints, deliveries, events and their types, sources, inbound requests and what replays them."""

from tenants.api.base import router
from webhooks.api.captures import CaptureViewSet
from webhooks.api.deliveries import DeliveryViewSet, MassActionViewSet
from webhooks.api.endpoints import EndpointViewSet
from webhooks.api.events import EventViewSet, OwnEventTypeViewSet
from webhooks.api.inbound_replays import InboundReplayViewSet
from webhooks.api.portal_links import PortalLinkViewSet
from webhooks.api.reports import ReportViewSet
from webhooks.api.sources import InboundViewSet, SourceViewSet

router.register("endpoints", EndpointViewSet, basename="endpoint")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("portal-links", PortalLinkViewSet, basename="portal-link")
router.register("mass-actions", MassActionViewSet, basename="mass-action")
router.register("events", EventViewSet, basename="event")
router.register("own-event-types", OwnEventTypeViewSet, basename="own-event-type")
router.register("sources", SourceViewSet, basename="source")
router.register("captures", CaptureViewSet, basename="capture")
router.register("inbound", InboundViewSet, basename="inbound")
router.register("inbound-replays", InboundReplayViewSet, basename="inbound-replay")
router.register("reports", ReportViewSet, basename="report")
