"""The API of this room."""

from integrations.api.connectors import ConnectorViewSet
from integrations.api.exchanges import ExchangeViewSet
from integrations.api.integrations import IntegrationViewSet
from tenants.api.base import router

router.register("connectors", ConnectorViewSet, basename="connector")
router.register("integrations", IntegrationViewSet, basename="integration")
router.register("exchanges", ExchangeViewSet, basename="exchange")
