"""Synchronisations: plans, runs, what failed in them, and what both sides changed."""

from integrations.models.sync.conflict import PendingWrite, Resolution, SyncConflict
from integrations.models.sync.plan import ConflictPolicy, SyncDirection, SyncPlan
from integrations.models.sync.run import UNFINISHED, RunPhase, RunState, SyncFault, SyncRun

__all__ = [
    "UNFINISHED",
    "ConflictPolicy",
    "PendingWrite",
    "Resolution",
    "RunPhase",
    "RunState",
    "SyncConflict",
    "SyncDirection",
    "SyncFault",
    "SyncPlan",
    "SyncRun",
]
