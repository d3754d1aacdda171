"""Routes of this room: endpoints, deliveries, events and their types."""

from tenants.api.base import router
from webhooks.api.deliveries import DeliveryViewSet
from webhooks.api.endpoints import EndpointViewSet
from webhooks.api.events import EventViewSet

router.register("endpoints", EndpointViewSet, basename="endpoint")
router.register("deliveries", DeliveryViewSet, basename="delivery")
router.register("events", EventViewSet, basename="event")
