"""What reading an exchange's call records found lately."""

from uuid import UUID

from telephony.models import CatchUpReport

SHOWN = 10


def last_reports(pbx_id: UUID) -> list[CatchUpReport]:
    """Newest first."""
    return list(CatchUpReport.objects.filter(pbx_id=pbx_id).order_by("-id")[:SHOWN])
