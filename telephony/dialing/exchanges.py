"""Which exchange makes a company's calls by click, and how it is asked."""

from collections.abc import Iterable
from uuid import UUID

from telephony.models import AmiAccess, DialAccess, Pbx, Transport


def access_of(pbx: Pbx) -> DialAccess | None:
    """How this exchange is asked; None when it cannot be. A manager interface without further settings has the defaults."""
    chosen: DialAccess | None = getattr(pbx, "dialing", None)
    access = chosen or DialAccess(tenant_id=pbx.tenant_id, pbx=pbx)
    if not access.is_enabled or not pbx.is_enabled:
        return None
    if access.transport == Transport.SSH:
        return access
    ami: AmiAccess | None = getattr(pbx, "ami", None)
    return access if ami is not None and ami.is_enabled else None


def dialing_exchanges(wanted: UUID | None = None) -> list[tuple[Pbx, DialAccess]]:
    """The exchanges of the tenant in scope that take clicks, in the order of their names; one query."""
    rows = Pbx.objects.filter(is_enabled=True).select_related("ami", "dialing", "tenant").order_by("name")
    if wanted is not None:
        rows = rows.filter(pk=wanted)
    return _usable(rows)


def _usable(rows: Iterable[Pbx]) -> list[tuple[Pbx, DialAccess]]:
    return [(pbx, access) for pbx in rows if (access := access_of(pbx)) is not None]
