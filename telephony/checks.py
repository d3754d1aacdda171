"""Mistakes of the operator that Django's system check can name."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


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
