"""The API of this room."""

from integrations.api.connectors import ConnectorViewSet
from integrations.api.exchanges import ExchangeViewSet
from integrations.api.integrations import IntegrationViewSet
from integrations.api.messages import ConversationViewSet, MessageViewSet
from integrations.api.records.duplicate_jobs import DuplicateJobViewSet
from integrations.api.records.views import register as register_records
from integrations.api.sync.views import SyncConflictViewSet, SyncFaultViewSet, SyncRunViewSet, SyncViewSet
from tenants.api.base import router

router.register("connectors", ConnectorViewSet, basename="connector")
router.register("integrations", IntegrationViewSet, basename="integration")
router.register("exchanges", ExchangeViewSet, basename="exchange")
router.register("syncs", SyncViewSet, basename="sync")
router.register("sync-runs", SyncRunViewSet, basename="sync-run")
router.register("sync-faults", SyncFaultViewSet, basename="sync-fault")
router.register("sync-conflicts", SyncConflictViewSet, basename="sync-conflict")
register_records()
router.register("duplicate-jobs", DuplicateJobViewSet, basename="duplicate-job")
router.register("conversations", ConversationViewSet, basename="conversation")
router.register("messages", MessageViewSet, basename="message")
