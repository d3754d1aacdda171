"""Emits the events of clicks, in the transaction of their cause. Each happens once for a request."""

from typing import Any
from uuid import UUID

from django.utils.translation import override

from telephony.models import OriginateRequest
from tenants.events import emit


def announce(kind: str, request: OriginateRequest) -> None:
    """`click.requested`, `click.answered` or `click.failed`."""
    emit(
        request.tenant_id,
        kind,
        event_data(request),
        key=f"{kind}:{request.pk}",
        correlation_id=_first(request.call_id, request.pk),
    )


def event_data(request: OriginateRequest) -> dict[str, Any]:
    """A click as subscribers see it; the reason in the company's language."""
    with override(request.tenant.language):
        reason = request.reason
    return {
        "id": str(request.pk),
        "state": request.state,
        "extension": request.extension,
        "phone": request.phone,
        "origin": request.origin,
        "requester": request.requester,
        "integration_id": _text(request.integration_id),
        "outside_id": request.outside_id,
        "call_id": _text(request.call_id),
        "reason_code": request.reason_code,
        "reason": reason,
    }


def _first(key: UUID | None, other: UUID) -> UUID:
    return other if key is None else key


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)
