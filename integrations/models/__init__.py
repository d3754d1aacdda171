"""Integrations, the people and numbers behind them, what they do not know, and their conversations."""

from integrations.models.directory import ExtensionAssignment, OutsideUser
from integrations.models.exchange import Exchange, Way
from integrations.models.handoff import Handoff
from integrations.models.integration import Health, Integration
from integrations.models.limits import Breaker, CallSlot, DailyUse, RateBucket, SharedBucket
from integrations.models.problem import MappingProblem
from integrations.models.token import Authorization, OAuthToken

__all__ = [
    "Authorization",
    "Breaker",
    "CallSlot",
    "DailyUse",
    "Exchange",
    "ExtensionAssignment",
    "Handoff",
    "Health",
    "Integration",
    "MappingProblem",
    "OAuthToken",
    "OutsideUser",
    "RateBucket",
    "SharedBucket",
    "Way",
]
