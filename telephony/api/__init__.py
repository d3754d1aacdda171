"""Routes of this room: calls, for reading."""

from telephony.api.calls import CallViewSet
from tenants.api.base import router

router.register("calls", CallViewSet, basename="call")
