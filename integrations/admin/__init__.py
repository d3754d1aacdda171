"""The admin of this room: integrations and their exchanges, synchronisations, and the records that they bring."""

from integrations.admin import (  # noqa: F401
    conversations,
    dashboard,
    duplicates,
    endpoints,
    exchanges,
    integrations,
    messages,
    people,
    records,
    sync_conflicts,
    sync_faults,
    sync_plans,
    sync_runs,
    sync_writes,
)
