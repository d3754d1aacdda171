"""An exchange cannot be heard any more, or again: an event for whoever subscribes to it."""

from datetime import datetime

from django.utils import translation

from telephony.listening.troubles import in_words
from telephony.models import AmiAccess, PbxStatus
from tenants.events import emit


def announce(access: AmiAccess, status: PbxStatus, *, is_connected: bool, since: datetime | None) -> None:
    """Once for each change; in the caller's transaction."""
    kind = "pbx.connected" if is_connected else "pbx.disconnected"
    moment = since.isoformat() if since else ""
    with translation.override(access.tenant.language):
        trouble = "" if is_connected else in_words(status.reason, status.detail)
    data = {
        "id": str(access.pbx_id),
        "name": access.pbx.name,
        "host": access.host,
        "since": moment or None,
        "reason": status.reason,
        "text": trouble,
    }
    emit(access.tenant_id, kind, data, key=f"{kind}:{access.pbx_id}:{moment}")
