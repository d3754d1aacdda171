"""Makes integrations and calls for tests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from integrations.actions.save_integration import create_integration
from integrations.capabilities import (
    CallAnswered,
    CallHangup,
    CallOutcome,
    CallRinging,
    Direction,
    FinishedCall,
)
from integrations.models import Integration
from tenants.models import Tenant
from tenants.scoping import tenant_scope

STARTED = datetime(2026, 6, 10, 11, 3, 0, tzinfo=UTC)
BOT_TOKEN = "123456789:AAabcdefghijklmnopqrstuvwxyz0123456"
CALL_ID = UUID("01920000-0000-7000-8000-000000000001")


def make_integration(tenant: Tenant, url: str = "https://example.retailcrm.ru", **values: Any) -> Integration:
    """A RetailCRM integration; its key is the simulator's."""
    defaults: dict[str, Any] = {
        "name": "Main CRM",
        "settings": {"url": url},
        "credentials": {"api_key": "simulator-key"},
    }
    with tenant_scope(tenant):
        return create_integration(tenant, "retailcrm", **{**defaults, **values})


def make_bot(tenant: Tenant, **values: Any) -> Integration:
    """A Telegram bot: a system without records."""
    defaults: dict[str, Any] = {"name": "Bot", "settings": {}, "credentials": {"bot_token": BOT_TOKEN}}
    with tenant_scope(tenant):
        return create_integration(tenant, "telegram", **{**defaults, **values})


def ringing(**values: Any) -> CallRinging:
    return CallRinging(**{**_facts(), **values})


def answered(**values: Any) -> CallAnswered:
    return CallAnswered(**{**_facts(), "answered_at": STARTED + timedelta(seconds=8), **values})


def hangup(**values: Any) -> CallHangup:
    ended = {"outcome": CallOutcome.ANSWERED, "ended_at": STARTED + timedelta(seconds=69)}
    return CallHangup(**{**_facts(), **ended, **values})


def finished(**values: Any) -> FinishedCall:
    ended = {
        "outcome": CallOutcome.ANSWERED,
        "answered_at": STARTED + timedelta(seconds=8),
        "ended_at": STARTED + timedelta(seconds=69),
        "talk_seconds": 61,
        "wait_seconds": 8,
    }
    return FinishedCall(**{**_facts(), **ended, **values})


def _facts(extensions: Iterable[str] = ("150",)) -> dict[str, Any]:
    return {
        "call_id": CALL_ID,
        "external_id": "1718000000.42",
        "direction": Direction.IN,
        "phone": "+79001234567",
        "did": "+78005553535",
        "extensions": tuple(extensions),
        "users": {"150": "19"},
        "started_at": STARTED,
    }
