"""Ozon Seller: postings by FBS and FBO, products, stock by warehouse, prices, and notifications of all of them."""

from integrations.connector import Connector
from integrations.connectors.ozon.hooks import OzonHooks
from integrations.connectors.ozon.manifest import manifest
from integrations.connectors.ozon.session import OzonSession

connector = Connector(manifest=manifest, session_class=OzonSession, hooks=OzonHooks())
