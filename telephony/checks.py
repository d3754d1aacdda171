"""Mistakes of the operator that Django's system check can name."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from config.health import Finding, health_check
from telephony.models import AmiAccess
from tenants.heartbeats import is_alive
from tenants.scoping import all_tenants

LISTENER = "listener"
"""The kind of heartbeat of whoever listens to exchanges."""


@register()
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The numbers that ingest and fold run on."""
    found: list[CheckMessage] = []
    if settings.PBX_EVENT_MAX_SIZE < 4096:
        found.append(
            Error(
                "PBX_EVENT_MAX_SIZE is below 4096: ordinary call events would be refused.",
                id="telephony.E001",
            )
        )
    if settings.CALL_END_GRACE < 0:
        found.append(Error("CALL_END_GRACE is negative.", id="telephony.E002"))
    elif settings.CALL_END_GRACE > 60:
        found.append(
            Warning(
                "CALL_END_GRACE is above a minute: history reaches the CRM that much later.",
                id="telephony.W001",
            )
        )
    return found


@health_check("listener")
def listener() -> Finding:
    """Whether somebody listens where there is somebody to listen to. An exchange that is away is no fault of the installation."""
    if is_alive(LISTENER):
        return Finding(True)
    with all_tenants():
        is_needed = AmiAccess.objects.filter(
            is_enabled=True, pbx__is_enabled=True, tenant__is_active=True
        ).exists()
    return Finding(not is_needed, "nobody listens to the telephone exchanges" if is_needed else "")
