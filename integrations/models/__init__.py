"""Integrations, the people and numbers behind them, what they do not know, and their conversations."""

from integrations.models.alerts import AlertChoice, AlertKind, AlertLetter
from integrations.models.directory import ExtensionAssignment, OutsideUser
from integrations.models.exchange import Exchange, Way
from integrations.models.handoff import Handoff
from integrations.models.integration import Health, Integration
from integrations.models.limits import Breaker, RateBucket
from integrations.models.problem import MappingProblem

__all__ = [
    "AlertChoice",
    "AlertKind",
    "AlertLetter",
    "Breaker",
    "Exchange",
    "ExtensionAssignment",
    "Handoff",
    "Health",
    "Integration",
    "MappingProblem",
    "OutsideUser",
    "RateBucket",
    "Way",
]
