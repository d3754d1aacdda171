"""Integrations with a simulated portal: by an application whose access was granted, or by a webhook."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from integrations import live
from integrations.actions.save_integration import create_integration
from integrations.connectors.bitrix24.simulator import Simulator
from integrations.models import Integration, OAuthToken
from tenants.models import Tenant

CLIENT = {"client_id": "local.simulator", "client_secret": "simulator-client-secret"}


def settings_for(simulator: Simulator, **more: Any) -> dict[str, Any]:
    return {"url": simulator.url, "auth_server": "{base}"} | more


def make_application(tenant: Tenant, simulator: Simulator, **more: Any) -> Integration:
    """Connected: the tokens are there as if somebody had pressed Connect."""
    row = create_integration(
        tenant, "bitrix24", "Bitrix24", settings=settings_for(simulator, **more), credentials=CLIENT
    )
    grant(row, simulator)
    return row


def make_webhook(tenant: Tenant, simulator: Simulator, **more: Any) -> Integration:
    return create_integration(
        tenant,
        "bitrix24",
        "Bitrix24",
        settings=settings_for(simulator, **more),
        credentials={"webhook_url": simulator.webhook_url},
    )


def grant(row: Integration, simulator: Simulator) -> OAuthToken:
    """Access for an hour, and what renews it."""
    tokens = simulator.oauth.issue()
    now = timezone.now()
    found, _made = OAuthToken.objects.update_or_create(
        integration=row,
        defaults={
            "tenant_id": row.tenant_id,
            "access_token": tokens["access_token"],
            "refresh_token": tokens["refresh_token"],
            "extras": {"user_id": str(tokens["user_id"]), "member_id": tokens["member_id"]},
            "version": 1,
            "obtained_at": now,
            "renewed_at": now,
            "expires_at": now + timedelta(seconds=tokens["expires_in"]),
            "refresh_expires_at": now + timedelta(days=180),
        },
    )
    live.forget(row.tenant_id)
    return found
